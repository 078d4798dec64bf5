const { readSeries, segmentLiver } = require('hepatica');

async function main() {
  const volume = await readSeries(process.env.HEPATICA_APP_INPUT);
  const liver = await segmentLiver(volume);
  console.log(JSON.stringify({ volumeMl: liver.volumeMl }));
}

main();
