/** What is told of lesions of known type, { type, probabilities }, in the order of kTypes. */
export const kTypes = ['CYS', 'ANG', 'HCC', 'MET'];

export const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
export const surest = ({ probabilities }) => Math.max(...probabilities);
export const isRight = (lesion) => lesion.probabilities[kTypes.indexOf(lesion.type)] === surest(lesion);

const isMalignant = (index) => index >= kTypes.indexOf('HCC');
/** Benign or malignant by the likeliest type. */
export const isRightNature = (lesion) =>
  isMalignant(lesion.probabilities.indexOf(surest(lesion))) === isMalignant(kTypes.indexOf(lesion.type));

/** Expected calibration error, as `evaluateLesions` has it. */
export function errorOf(lesions) {
  let error = 0;
  for (let bin = 0; bin < 10; bin++) {
    const inside = lesions.filter((lesion) => surest(lesion) > bin / 10 && surest(lesion) <= (bin + 1) / 10);
    if (inside.length === 0) continue;
    const gap = mean(inside.map(surest)) - mean(inside.map((lesion) => Number(isRight(lesion))));
    error += (inside.length / lesions.length) * Math.abs(gap);
  }
  return error;
}
