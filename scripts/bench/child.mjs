// Child processes of the bench: none of them outlives it.
import { spawn } from 'node:child_process';

const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

export function start(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Resolves as soon as what the child prints matches; rejects when it ends without that. */
export function startLine(command, args, pattern, options) {
  const child = start(command, args, options);
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk) => {
      text += chunk;
      const match = pattern.exec(text);
      if (match === null) return;
      child.stdout.off('data', hear).resume();
      resolve({ child, match });
    };
    child.stdout.on('data', hear);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${[command, ...args].join(' ')} ended: ${text}`)));
  });
}

export function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

/** The lines that are JSON among what the child prints. Rejects when it fails. */
export function readJson(command, args, options) {
  const child = start(command, args, options);
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) return void reject(new Error(`${[command, ...args].join(' ')} ended with ${code}`));
      const lines = text.split('\n').filter((line) => line.startsWith('{'));
      resolve(lines.map((line) => JSON.parse(line)));
    });
  });
}
