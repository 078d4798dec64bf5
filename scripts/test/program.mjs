// One test program: its output is shown, while it runs or as a whole at its end, and kept for its counts.
import { spawn } from 'node:child_process';
import { say } from '../setup/process.mjs';

const kTimeLimitMs = 30 * 60 * 1000;

/**
 * `{ output, exitCode, seconds }`; a program that is ended by a signal has exit code 128.
 * @param atEnd - for programs that run beside one another: shows nothing before the end
 */
export function runProgram(command, args, { atEnd = false, ...options } = {}) {
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: kTimeLimitMs, ...options });
    let output = '';
    const take = (chunk) => {
      output += chunk;
      if (!atEnd) process.stdout.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => {
      say(error.message);
      resolve({ output, exitCode: 127, seconds: seconds() });
    });
    child.on('close', (code, signal) => {
      if (atEnd) process.stdout.write(output);
      if (signal) say(`${command} was ended by ${signal}`);
      resolve({ output, exitCode: code ?? 128, seconds: seconds() });
    });
  });
}
