/** Multinomial logistic regression, small: the penalty is half the squares of the standardized coefficients, a row. */
const kSteps = 1500;
const kRate = 0.05;

const softmax = (scores) => {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
};

const dot = (a, b) => a.reduce((sum, value, index) => sum + value * b[index], 0);

export function logisticProbabilities({ intercepts, coefficients }, x) {
  return softmax(intercepts.map((intercept, type) => intercept + dot(coefficients[type], x)));
}

/** @param rows - of { x: numbers, y: class from 0 } */
export function fitLogistic(rows, classes, penalty) {
  const width = rows[0].x.length;
  const columns = Array.from({ length: width }, (_, k) => rows.map(({ x }) => x[k]));
  const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / rows.length);
  const scales = columns.map((column, k) =>
    Math.max(1e-6, Math.sqrt(column.reduce((sum, value) => sum + (value - means[k]) ** 2, 0) / rows.length)),
  );
  const standard = rows.map(({ x, y }) => ({ x: [...x.map((value, k) => (value - means[k]) / scales[k]), 1], y }));
  const weights = Array.from({ length: classes }, () => new Float64Array(width + 1));
  const [first, second] = [weights.map((row) => row.slice()), weights.map((row) => row.slice())];
  // Adam on the whole.
  for (let step = 1; step <= kSteps; step++) {
    const slopes = weights.map((row) => row.map((weight, k) => (k < width ? penalty * weight : 0)));
    for (const { x, y } of standard) {
      const probabilities = softmax(weights.map((row) => dot(x, row)));
      for (let type = 0; type < classes; type++) {
        const excess = (probabilities[type] - Number(type === y)) / rows.length;
        for (let k = 0; k <= width; k++) slopes[type][k] += excess * x[k];
      }
    }
    const rate = (kRate * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step) / (1 + step / 500);
    for (let type = 0; type < classes; type++) {
      for (let k = 0; k <= width; k++) {
        first[type][k] = 0.9 * first[type][k] + 0.1 * slopes[type][k];
        second[type][k] = 0.999 * second[type][k] + 0.001 * slopes[type][k] ** 2;
        weights[type][k] -= (rate * first[type][k]) / (Math.sqrt(second[type][k]) + 1e-10);
      }
    }
  }
  const coefficients = weights.map((row) => Array.from({ length: width }, (_, k) => row[k] / scales[k]));
  const intercepts = weights.map((row, type) => row[width] - dot(coefficients[type], means));
  return { coefficients, intercepts };
}
