import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InputFileError } from '../errors.js';
import { refuseIncomplete } from '../output/commit.js';
import { readManifest } from '../output/manifest.js';
import { withCommonOptions } from './options.js';
import { kPageName } from './segment.js';
import { type CommonOptions, runCommand, type Session } from './session.js';
import { makePage, refuseChanged, refuseChangedResult } from './view-page.js';

interface ViewCommandOptions extends CommonOptions {
  readonly open: boolean;
  readonly scan?: string;
}

const kRemedy =
  'Name a folder that hepatica classify or segment wrote to with --out, or write one: hepatica classify SCAN --out FOLDER';

/**
 * The page of a result as it was written, or made now where it was written without one.
 *
 * @throws InputFileError `FILE_NOT_FOUND`, `INCOMPLETE_RESULT`, `NOT_A_RESULT`, `CORRUPT_FILE`, and what {@link makePage} throws
 */
async function pageOf(folder: string, scan: string | undefined, session: Session): Promise<string> {
  const page = resolve(folder, kPageName);
  const found = await stat(folder).catch((cause) => {
    throw new InputFileError('FILE_NOT_FOUND', `${folder} cannot be read`, { file: folder, remedy: kRemedy, cause });
  });
  if (!found.isDirectory()) {
    throw new InputFileError('NOT_A_RESULT', `${folder} is a file, not the folder of a result`, {
      file: folder,
      remedy: kRemedy,
    });
  }
  await refuseIncomplete(page);
  const manifest = await readManifest(folder);
  if (manifest['report.json'] === undefined) {
    throw new InputFileError('NOT_A_RESULT', `${folder} holds no result of hepatica`, {
      file: folder,
      remedy: kRemedy,
    });
  }
  await refuseChangedResult(folder, manifest);
  if (manifest[kPageName] === undefined) {
    await makePage(folder, manifest, scan, session);
    return page;
  }
  if (scan !== undefined) session.note(`${kPageName} is there already, with the scan in it: --scan was not looked at`);
  const remedy = `Classify the scan again, with --overwrite, or open ${page} in a browser yourself.`;
  await refuseChanged(resolve(folder), kPageName, manifest, remedy);
  return page;
}

/** Whether a program with windows can be started: not over a plain SSH connection, nor in a container. */
function hasDesktop({ DISPLAY, WAYLAND_DISPLAY }: NodeJS.ProcessEnv): boolean {
  return Boolean(DISPLAY || WAYLAND_DISPLAY);
}

/** Gives the page to the desktop's own choice of a browser; false where there is none. */
function openInBrowser(page: string): Promise<boolean> {
  return new Promise((settle) => {
    const child = spawn('xdg-open', [page], { stdio: 'ignore', detached: true });
    child.once('error', () => settle(false));
    child.once('spawn', () => {
      child.unref();
      settle(true);
    });
  });
}

async function view(folder: string, options: ViewCommandOptions, session: Session): Promise<void> {
  const page = await pageOf(folder, options.scan, session);
  const opened = options.open && hasDesktop(process.env) && (await openInBrowser(page));
  session.result({ page, opened }, [page]);
  if (options.open && !opened) session.note('There is no desktop to open it on: open this file in a browser.');
}

export function addViewCommand(program: Command): void {
  const command = program
    .command('view')
    .description('show the page of a result in a browser: the scan with the liver and the lesions')
    .argument('<folder>', 'what segment or classify wrote to with --out')
    .option('--scan <input>', 'where the scan lies now, for a result that has no page yet (default: where it lay)')
    .option('--no-open', "print the page's path alone");
  withCommonOptions(command).action((folder: string, options) =>
    runCommand(options, (session) => view(folder, options, session)),
  );
}
