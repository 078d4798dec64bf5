/** What each benchmark should reach: `reached` is a ratio, `wanted` the least that counts. */
const aims = [];

export function aim(title, reached, wanted) {
  const met = reached >= wanted;
  aims.push({ title, reached, wanted, met });
  console.log(`  aim ${met ? 'reached' : 'missed'}: ${title} ${reached.toFixed(2)}, wanted ${wanted.toFixed(2)}`);
}

export function allAims() {
  return aims;
}
