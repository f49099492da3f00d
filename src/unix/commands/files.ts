import { FileError, WriteError } from '../file-system.ts';
import { readAll } from '../pipe.ts';
import type { Command, CommandTable, Task } from '../task.ts';
import { tar } from './archive.ts';
import { parseOptions } from './options.ts';

/** Runs an action per operand; a failing one is reported in the C library's words and makes the exit code 1. */
export async function eachOperand(
  task: Task,
  operands: readonly string[],
  action: (operand: string) => Promise<void> | void,
  prefix = '',
): Promise<number> {
  let code = 0;
  for (const operand of operands) {
    try {
      await action(operand);
    } catch (error) {
      if (!(error instanceof FileError) || error instanceof WriteError) throw error;
      await task.printError(`${task.name}: ${prefix === '' ? operand : `${prefix} '${operand}'`}: ${error.message}\n`);
      code = 1;
    }
  }
  return code;
}

/** The text of the operand files, or of standard input. */
export async function readOperands(
  task: Task,
  operands: readonly string[],
  action: (text: string, name: string) => Promise<void>,
): Promise<number> {
  return eachOperand(
    task,
    operands.length === 0 ? ['-'] : operands,
    async (operand) => {
      await action(operand === '-' ? await task.wait(readAll(task.stdin)) : readFile(task, operand), operand);
    },
    "can't open",
  );
}

function readFile(task: Task, operand: string): string {
  const path = task.path(operand);
  const virtual = virtualFile(task, path);
  return virtual ?? task.fs.read(path);
}

/** What the kernel shows below /proc and /dev. */
function virtualFile(task: Task, path: string): string | undefined {
  switch (path) {
    case '/dev/null':
      return '';
    case '/etc/hostname':
      return `${task.context.hostname}\n`;
    case '/proc/uptime': {
      const hundredths = Math.floor(task.env.uptime() / 10_000);
      return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')} 0.00\n`;
    }
    case '/proc/1/cmdline':
      return (task.context.tasks.get(1)?.argv ?? []).map((word) => `${word}\0`).join('');
    case '/proc/self/environ':
    case '/proc/1/environ':
      return [...task.vars].map(([name, value]) => `${name}=${value}\0`).join('');
    default:
      return undefined;
  }
}

const cat: Command = async (task) => {
  const { operands } = parseOptions(task.argv.slice(1), 'nevtuA');
  const names = operands.length === 0 ? ['-'] : operands;
  return eachOperand(
    task,
    names,
    async (operand) => {
      if (operand !== '-') return task.print(readFile(task, operand));
      for (let part = await task.wait(task.stdin.read()); part !== undefined; part = await task.wait(task.stdin.read()))
        await task.print(part);
    },
    "can't open",
  );
};

const ls: Command = async (task) => {
  const { flags, operands } = parseOptions(task.argv.slice(1), 'la1AhRtrF');
  const names = operands.length === 0 ? ['.'] : operands;
  return eachOperand(task, names, async (operand) => {
    const path = task.path(operand);
    const entry = (name: string, full: string): string => {
      if (!flags.has('l')) return `${name}\n`;
      const directory = task.fs.kind(full) === 'directory';
      const size = directory ? 4096 : task.fs.read(full).length;
      return `${directory ? 'drwxr-xr-x    2' : '-rw-r--r--    1'} root     root     ${String(size).padStart(9)} ${name}\n`;
    };
    if (task.fs.kind(path) === 'file') return task.print(entry(operand, path));
    const listed = task.fs.list(path);
    const shown = flags.has('a')
      ? ['.', '..', ...listed]
      : listed.filter((name) => flags.has('A') || !name.startsWith('.'));
    if (names.length > 1) await task.print(`${operand}:\n`);
    if (flags.has('l')) await task.print(`total ${shown.length * 4}\n`);
    for (const name of shown)
      await task.print(entry(name, name === '.' || name === '..' ? path : task.path(`${path}/${name}`)));
  });
};

const mkdir: Command = async (task) => {
  const { flags, operands } = parseOptions(task.argv.slice(1), 'p', 'm');
  return eachOperand(
    task,
    operands,
    (operand) => {
      const path = task.path(operand);
      if (task.fs.kind(path) !== undefined) {
        if (flags.has('p')) return;
        throw new FileError('File exists');
      }
      const parent = path.slice(0, path.lastIndexOf('/')) || '/';
      if (!flags.has('p') && task.fs.kind(parent) === undefined) throw new FileError('No such file or directory');
      task.fs.makeDirectory(path);
    },
    "can't create directory",
  );
};

const rm: Command = async (task) => {
  const { flags, operands } = parseOptions(task.argv.slice(1), 'rRfiv');
  return eachOperand(
    task,
    operands,
    (operand) => {
      const path = task.path(operand);
      const kind = task.fs.kind(path);
      if (kind === undefined && flags.has('f')) return;
      if (kind === undefined) throw new FileError('No such file or directory');
      if (kind === 'directory' && !flags.has('r') && !flags.has('R')) throw new FileError('is a directory');
      task.fs.remove(path);
    },
    "can't remove",
  );
};

const touch: Command = async (task) =>
  eachOperand(task, parseOptions(task.argv.slice(1), 'cam', 'dtr').operands, (operand) =>
    task.fs.append(task.path(operand), ''),
  );

/** Where `cp a b` puts things: into b if that is a directory. */
function destination(task: Task, from: string, to: string): string {
  const path = task.path(to);
  return task.fs.kind(path) === 'directory' ? task.path(`${path}/${from.split('/').at(-1) ?? ''}`) : path;
}

function copyTree(task: Task, from: string, to: string): void {
  if (task.fs.kind(from) !== 'directory') return task.fs.write(to, task.fs.read(from));
  if (task.fs.kind(to) === undefined) task.fs.makeDirectory(to);
  for (const name of task.fs.list(from)) copyTree(task, task.path(`${from}/${name}`), task.path(`${to}/${name}`));
}

const cp: Command = async (task) => {
  const { flags, operands } = parseOptions(task.argv.slice(1), 'rRafpvLdi');
  const to = operands.at(-1) ?? '';
  return eachOperand(
    task,
    operands.slice(0, -1),
    (operand) => {
      const path = task.path(operand);
      if (task.fs.kind(path) === 'directory' && !['r', 'R', 'a'].some((flag) => flags.has(flag)))
        throw new FileError('omitting directory');
      copyTree(task, path, destination(task, operand, to));
    },
    "can't stat",
  );
};

const mv: Command = async (task) => {
  const { operands } = parseOptions(task.argv.slice(1), 'fniv');
  const to = operands.at(-1) ?? '';
  return eachOperand(
    task,
    operands.slice(0, -1),
    (operand) => {
      copyTree(task, task.path(operand), destination(task, operand, to));
      task.fs.remove(task.path(operand));
    },
    "can't rename",
  );
};

const stat: Command = async (task) =>
  eachOperand(
    task,
    parseOptions(task.argv.slice(1), 'Lft', 'c').operands,
    async (operand) => {
      const path = task.path(operand);
      const kind = task.fs.kind(path);
      if (kind === undefined) throw new FileError('No such file or directory');
      await task.print(
        `  File: ${operand}\n  Size: ${kind === 'file' ? task.fs.read(path).length : 4096}\t${kind === 'file' ? 'regular file' : 'directory'}\n`,
      );
    },
    "can't stat",
  );

const tail: Command = async (task) => {
  const { flags, values, operands } = parseOptions(
    task.argv.slice(1).map((arg) => arg.replace(/^-(\d+)$/, '-n$1')),
    'fFq',
    'ncs',
  );
  const count = values.get('n') ?? '10';
  const pick = (text: string): string => {
    const lines = text.replace(/\n$/, '').split('\n');
    const kept = count.startsWith('+')
      ? lines.slice(Number(count) - 1)
      : lines.slice(Math.max(0, lines.length - Math.abs(Number(count))));
    return text === '' ? '' : `${kept.join('\n')}\n`;
  };
  const code = await readOperands(task, operands, (text) => task.print(pick(text)));
  const [file] = operands;
  if ((!flags.has('f') && !flags.has('F')) || file === undefined || code !== 0) return code;
  if (task.path(file) === '/dev/null') return task.forever();
  let seen = readFile(task, file).length;
  for (;;) {
    await task.sleep(1_000_000);
    const text = task.fs.kind(task.path(file)) === 'file' ? readFile(task, file) : '';
    if (text.length < seen) seen = 0;
    await task.print(text.slice(seen));
    seen = text.length;
  }
};

const find: Command = async (task) => {
  const args = task.argv.slice(1);
  const start = args[0] !== undefined && !args[0].startsWith('-') ? args[0] : '.';
  const nameAt = args.indexOf('-name');
  const typeAt = args.indexOf('-type');
  const pattern =
    nameAt < 0
      ? undefined
      : new RegExp(
          `^${(args[nameAt + 1] ?? '')
            .replace(/[.+^${}()|[\]\\]/g, '\\$&')
            .replace(/\*/g, '.*')
            .replace(/\?/g, '.')}$`,
        );
  const type = typeAt < 0 ? undefined : args[typeAt + 1];
  const walk = async (shown: string, path: string): Promise<void> => {
    const kind = task.fs.kind(path);
    if (kind === undefined) throw new FileError('No such file or directory');
    const base = shown.split('/').at(-1) ?? '';
    if (
      (pattern === undefined || pattern.test(base)) &&
      (type === undefined || (type === 'd') === (kind === 'directory'))
    )
      await task.print(`${shown}\n`);
    if (kind === 'directory')
      for (const name of task.fs.list(path))
        await walk(shown === '/' ? `/${name}` : `${shown}/${name}`, task.path(`${path}/${name}`));
  };
  return eachOperand(task, [start], (operand) => walk(operand, task.path(operand)));
};

export const FILE_COMMANDS: CommandTable = { cat, cp, find, ls, mkdir, mv, rm, stat, tail, tar, touch };
