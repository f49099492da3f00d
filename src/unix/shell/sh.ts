import { FileError } from '../file-system.ts';
import { BrokenPipe } from '../pipe.ts';
import { Killed, type Command, type Task } from '../task.ts';
import { SyntaxError } from './ast.ts';
import { Exit } from './control.ts';
import { Shell } from './interpreter.ts';
import { parseScript } from './parser.ts';

/** `sh`: runs `-c` text, a script file, or what comes on standard input. */
export const sh: Command = async (task) => {
  const args = [...task.argv.slice(1)];
  const name = task.argv[0] ?? 'sh';
  if (/^[^-].*\//.test(name) && task.fs.kind(task.path(name)) === 'file') return runFile(task, name, args);
  let commandText = false;
  const options = { errexit: false, nounset: false, xtrace: false };
  while (args[0] !== undefined && /^-[a-z]/.test(args[0])) {
    const flags = args.shift() ?? '';
    if (flags.includes('c')) commandText = true;
    if (flags.includes('e')) options.errexit = true;
    if (flags.includes('u')) options.nounset = true;
    if (flags.includes('x')) options.xtrace = true;
  }
  if (args[0] === '--') args.shift();
  if (commandText) {
    const text = args.shift();
    if (text === undefined) {
      await task.printError(`${name}: -c requires an argument\n`);
      return 2;
    }
    const shell = new Shell(task, args[0] ?? name, args.slice(1));
    Object.assign(shell.options, options);
    return shell.runScript(text);
  }
  const [file] = args;
  if (file !== undefined) return runFile(task, file, args.slice(1));
  return interactive(task, name);
};

async function runFile(task: Task, file: string, args: readonly string[]): Promise<number> {
  try {
    return await new Shell(task, file, args).runScript(task.fs.read(task.path(file)));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    await task.printError(`${task.name}: can't open '${file}': ${error.message}\n`);
    return 2;
  }
}

/** Reads commands line by line; an unfinished one goes on with the next line. */
async function interactive(task: Task, name: string): Promise<number> {
  const shell = new Shell(task, name, []);
  const prompt = (more: boolean): Promise<void> =>
    task.tty ? task.print(more ? '> ' : `${task.cwd} # `) : Promise.resolve();
  let pending = '';
  let code = 0;
  if (task.tty) for (const signal of ['INT', 'TERM', 'QUIT'] as const) task.ignored.add(signal);
  for (;;) {
    await prompt(pending !== '');
    const line = await task.wait(task.stdin.readLine());
    if (line === undefined) break;
    pending += line;
    try {
      parseScript(pending);
    } catch (error) {
      if (error instanceof SyntaxError && /end of file|unterminated/.test(error.message)) continue;
    }
    const text = pending;
    pending = '';
    try {
      code = await shell.runText(text, task);
    } catch (error) {
      if (error instanceof Exit) return error.code;
      if (error instanceof Killed || error instanceof BrokenPipe) throw error;
      if (
        !(error instanceof Error) ||
        !['SyntaxError', 'ExpansionError', 'ArithmeticError', 'Jump'].includes(error.name)
      )
        throw error;
      if (error.name !== 'Jump') await task.printError(`${name}: ${error.message}\n`);
      shell.status = 2;
    }
  }
  return code;
}
