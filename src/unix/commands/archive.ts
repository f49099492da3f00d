import { FileError } from '../file-system.ts';
import { readAll } from '../pipe.ts';
import type { Command, Task } from '../task.ts';
import type { TarEntry } from '../tar.ts';
import { packTar, unpackTar } from '../tar.ts';
import { parseOptions } from './options.ts';

/** busybox tar, for what kubectl cp needs: c, x and t, of standard streams and files. */
export const tar: Command = async (task) => {
  const [first = '', ...rest] = task.argv.slice(1);
  const args = /^[a-z]/.test(first) ? [`-${first}`, ...rest] : [first, ...rest];
  const { flags, values, operands, unknown } = parseOptions(args, 'cxtvmoph', 'fC');
  if (unknown !== undefined) return fail(task, `invalid option -- '${unknown}'`);
  const archive = values.get('f') ?? '-';
  const directory = task.path(values.get('C') ?? '.');
  try {
    if (flags.has('c')) return await create(task, archive, directory, operands);
    const text = archive === '-' ? await task.wait(readAll(task.stdin)) : task.fs.read(task.path(archive));
    const entries = unpackTar(text);
    if (entries === undefined) return await fail(task, 'short read');
    if (flags.has('t')) await task.print(entries.map(({ name }) => `${name}\n`).join(''));
    else if (flags.has('x')) extract(task, directory, entries);
    else return await fail(task, 'must specify one of -c, -x, -t');
    return 0;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return fail(task, `can't open: ${error.message}`);
  }
};

async function fail(task: Task, message: string): Promise<number> {
  await task.printError(`tar: ${message}\n`);
  return 1;
}

async function create(task: Task, archive: string, directory: string, operands: readonly string[]): Promise<number> {
  if (operands.length === 0) return fail(task, 'empty archive');
  const entries: TarEntry[] = [];
  let code = 0;
  for (const operand of operands) {
    const name = operand.replace(/^\/+/, '').replace(/\/+$/, '');
    const path = operand.startsWith('/') ? task.path(operand) : task.path(`${directory}/${operand}`);
    if (operand.startsWith('/')) await task.printError("tar: removing leading '/' from member names\n");
    if (task.fs.kind(path) === undefined) code = await fail(task, `${operand}: No such file or directory`);
    else collect(task, path, name, entries);
  }
  const text = packTar(entries);
  if (archive === '-') await task.print(text);
  else task.fs.write(task.path(archive), text);
  return code;
}

function collect(task: Task, path: string, name: string, entries: TarEntry[]): void {
  if (task.fs.kind(path) === 'file') {
    entries.push({ name, text: task.fs.read(path) });
    return;
  }
  entries.push({ name: `${name}/`, text: '' });
  for (const inner of task.fs.list(path)) collect(task, task.path(`${path}/${inner}`), `${name}/${inner}`, entries);
}

function extract(task: Task, directory: string, entries: readonly TarEntry[]): void {
  if (task.fs.kind(directory) !== 'directory') throw new FileError('No such file or directory');
  for (const { name, text } of entries) {
    const path = task.path(`${directory}/${name.replace(/^\/+/, '').replace(/\/$/, '')}`);
    if (!name.endsWith('/')) task.fs.write(path, text);
    else if (task.fs.kind(path) === undefined) task.fs.makeDirectory(path);
  }
}
