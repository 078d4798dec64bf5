// Writes src/error-codes.ts from native/core/error_codes.def: the errors exist before the add-on is loaded. Of the same table
// is the list of codes in docs/troubleshooting.md.
//   --check   writes nothing, fails where the file is stale
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main, SetupError } from './setup/process.mjs';
import { kRoot } from './setup.mjs';

const kTable = 'native/core/error_codes.def';
const kGenerated = 'src/error-codes.ts';
const kPage = 'docs/troubleshooting.md';

/** The rows of one macro: each a list of its arguments, a text without its quotes. */
function rows(table, macro) {
  const lines = table.matchAll(new RegExp(`^${macro}\\((.*)\\)$`, 'gm'));
  return [...lines].map(([, row]) => row.match(/"[^"]*"|[^,\s]+/g).map((field) => field.replaceAll('"', '')));
}

/** The table's kinds, error codes and warning codes. */
export function readErrorTable() {
  const table = readFileSync(join(kRoot, kTable), 'utf8');
  return {
    kinds: rows(table, 'ERROR_KIND').map(([kind, className, exitCode, meaning]) => ({
      kind,
      className,
      exitCode: Number(exitCode),
      meaning,
    })),
    errors: rows(table, 'ERROR_CODE').map(([code, kind, meaning]) => ({ code, kind, meaning })),
    warnings: rows(table, 'WARNING_CODE').map(([code, meaning]) => ({ code, meaning })),
  };
}

export function generateErrorCodes({ kinds, errors } = readErrorTable()) {
  const kindLines = kinds.map(
    ({ kind, className, exitCode, meaning }) =>
      `  /** ${meaning}. */\n  ${kind}: { className: '${className}', exitCode: ${exitCode} },`,
  );
  const codeLines = errors.map(({ code, kind, meaning }) => `  /** ${meaning}. */\n  ${code}: '${kind}',`);
  // As the formatter quotes.
  const quoted = (text) => (text.includes("'") ? `"${text}"` : `'${text}'`);
  const meaningLines = errors.map(({ code, meaning }) => `  ${code}: ${quoted(meaning)},`);
  return `// Written by scripts/error-codes.mjs from ${kTable}; change that.

/** The kinds of errors: the class of each, and what the command line exits with. */
export const kErrorKinds = {
${kindLines.join('\n')}
} as const;

/** What an error is about: its class follows from it. */
export type ErrorKind = keyof typeof kErrorKinds;

/** Every error code, with its kind. */
export const kErrorCodes = {
${codeLines.join('\n')}
} as const satisfies Record<string, ErrorKind>;

type Codes = typeof kErrorCodes;

/** The code of an error, of one kind or of any. */
export type ErrorCode<Kind extends ErrorKind = ErrorKind> = {
  [Code in keyof Codes]: Codes[Code] extends Kind ? Code : never;
}[keyof Codes];

/** What each code means, in words that hold nothing of a file or an argument. */
export const kErrorMeanings: Readonly<Record<ErrorCode, string>> = {
${meaningLines.join('\n')}
};
`;
}

/** The page with its list of codes made anew. */
export function pageWithCodes(page, { kinds, errors } = readErrorTable()) {
  const lines = kinds.flatMap(({ kind, className, exitCode }) =>
    errors
      .filter((error) => error.kind === kind)
      .map(({ code, meaning }) => `| \`${code}\` | ${meaning} | \`${className}\` | ${exitCode} |`),
  );
  const table = ['| code | what is wrong | class | exit code |', '|---|---|---|---|', ...lines].join('\n');
  return page.replace(/<!-- error codes -->\n[\s\S]*?<!-- end -->/, `<!-- error codes -->\n${table}\n<!-- end -->`);
}

/** Each file with what it should hold. */
function generatedFiles() {
  return [
    [kGenerated, generateErrorCodes()],
    [kPage, pageWithCodes(readFileSync(join(kRoot, kPage), 'utf8'))],
  ];
}

export function staleFiles() {
  return generatedFiles().filter(([file, text]) => readFileSync(join(kRoot, file), 'utf8') !== text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const stale = staleFiles();
    if (!process.argv.includes('--check')) {
      for (const [file, text] of stale) writeFileSync(join(kRoot, file), text);
    } else if (stale.length > 0) {
      throw new SetupError(`${stale.map(([file]) => file).join(' and ')} is stale: node scripts/error-codes.mjs`);
    }
  });
}
