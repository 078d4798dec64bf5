/** What `promise` gives, or `otherwise()` where it takes longer: commands to Redis wait while it is away. */
export async function within<T, Otherwise>(
  milliseconds: number,
  promise: Promise<T>,
  otherwise: () => Otherwise,
): Promise<T | Otherwise> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Otherwise>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(otherwise());
      } catch (error) {
        reject(error);
      }
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
