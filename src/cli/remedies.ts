/** Remedies name the options of calls; who types a command has flags. */
const kWords: readonly (readonly [said: RegExp, typed: string])[] = [
  [/\bthe option ([a-z]+): true\b/g, '--$1'],
  [/\bthe option (series|phase|raw)\b/g, '--$1'],
  [/\b(?:the option )?maxVoxels\b/g, '--max-voxels'],
  [/\bgaps: 'interpolate'/g, '--gaps interpolate'],
  [/\bone of the series that listSeries shows\b/g, 'one of these with --series'],
  [/\bone of the phases that listSeries shows\b/g, 'one of these with --phase'],
  [/\bwith resume,/g, 'with --resume,'],
  [/\bpass the option model: await loadModel\(path\)/g, 'name a file of your own with --model'],
  [/\bLower it, or raise threshold\b/g, 'Lower --extent-threshold, or raise --threshold'],
];

export function asFlags(remedy: string): string {
  return kWords.reduce((text, [said, typed]) => text.replaceAll(said, typed), remedy);
}
