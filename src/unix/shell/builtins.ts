import { Killed, signalOf, Task, lookUp, runTask } from '../task.ts';
import { resolvePath } from '../file-system.ts';
import { echoText, formatPrintf } from '../commands/text.ts';
import { testExpression } from './test-expression.ts';
import { Exit, Jump, type Streams } from './control.ts';
import type { Shell } from './interpreter.ts';

export type Builtin = (shell: Shell, args: readonly string[], streams: Streams) => Promise<number>;

const ok: Builtin = async () => 0;

const test =
  (bracket: boolean): Builtin =>
  async (shell, args, streams) => {
    if (bracket && args.at(-1) !== ']') {
      await streams.stderr.write(`${shell.name}: [: missing ]\n`);
      return 2;
    }
    const result = testExpression(
      bracket ? args.slice(0, -1) : args,
      (path) => shell.task.fs.kind(shell.task.path(path)),
      (path) => shell.task.fs.read(shell.task.path(path)).length,
    );
    if (typeof result === 'boolean') return result ? 0 : 1;
    await streams.stderr.write(`${shell.name}: ${result.error}\n`);
    return 2;
  };

const cd: Builtin = async (shell, args, streams) => {
  const target = args[0] === '-' ? (shell.get('OLDPWD') ?? '/') : (args[0] ?? shell.get('HOME') ?? '/');
  const path = resolvePath(shell.task.cwd, target);
  const kind = shell.task.fs.kind(path);
  if (kind !== 'directory') {
    await streams.stderr.write(
      `${shell.name}: cd: can't cd to ${target}: ${kind === 'file' ? 'Not a directory' : 'No such file or directory'}\n`,
    );
    return 2;
  }
  shell.set('OLDPWD', shell.task.cwd);
  shell.task.cwd = path;
  return 0;
};

const exportNames: Builtin = async (shell, args, streams) => {
  if (args.length === 0 || args[0] === '-p') {
    for (const name of [...shell.exported].sort())
      await streams.stdout.write(`export ${name}='${shell.get(name) ?? ''}'\n`);
    return 0;
  }
  for (const arg of args) {
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg : arg.slice(0, equals);
    if (equals >= 0) shell.set(name, arg.slice(equals + 1));
    shell.exported.add(name);
  }
  return 0;
};

const read: Builtin = async (shell, args, streams) => {
  const names = args.filter((arg) => !arg.startsWith('-'));
  const raw = args.includes('-r');
  const line = await shell.task.wait(streams.stdin.readLine());
  const text = (line ?? '').replace(/\n$/, '');
  const value = raw ? text : text.replace(/\\(.)/g, '$1');
  const separators = shell.get('IFS') ?? ' \t\n';
  const targets = names.length === 0 ? ['REPLY'] : names;
  let rest = value;
  const isSeparator = (char: string | undefined): boolean => char !== undefined && separators.includes(char);
  for (const [index, name] of targets.entries()) {
    while (isSeparator(rest[0])) rest = rest.slice(1);
    let end = 0;
    while (end < rest.length && !isSeparator(rest[end])) end++;
    if (index === targets.length - 1) {
      end = rest.length;
      while (end > 0 && isSeparator(rest[end - 1])) end--;
    }
    shell.set(name, rest.slice(0, end));
    rest = rest.slice(end);
  }
  return line === undefined || (line === '' && text === '') ? 1 : 0;
};

const trap: Builtin = async (shell, args, streams) => {
  const [first, ...rest] = args[0] === '--' ? args.slice(1) : args;
  if (first === undefined) {
    for (const [signal, action] of shell.traps) await streams.stdout.write(`trap -- '${action}' ${signal}\n`);
    return 0;
  }
  const reset = first === '-' || (rest.length === 0 && /^\d+$/.test(first));
  for (const word of rest.length === 0 ? [first] : rest) {
    const signal = word === 'EXIT' || word === '0' ? 'EXIT' : signalOf(word);
    if (signal === undefined) {
      await streams.stderr.write(`${shell.name}: trap: ${word}: invalid signal specification\n`);
      return 1;
    }
    shell.setTrap(signal, reset ? undefined : first);
  }
  return 0;
};

const wait: Builtin = async (shell, args) => {
  const words = args.length === 0 ? shell.jobs.all().map(({ number }) => `%${number}`) : args;
  let code = 0;
  for (const word of words) {
    const job = shell.jobs.find(word);
    if (job === undefined) {
      code = 127;
      continue;
    }
    const done = await shell.waitFor(job.done);
    code = args.length === 0 ? 0 : done;
    if (!shell.jobs.hasEnded(job)) return done;
    if (!shell.jobControl) shell.jobs.remove(job);
  }
  return code;
};

const jobs: Builtin = async (shell, args, streams) => {
  for (const job of shell.jobs.all()) {
    await streams.stdout.write(args[0] === '-p' ? `${job.task.pid}\n` : shell.jobs.line(job));
    if (shell.jobs.hasEnded(job)) shell.jobs.remove(job);
  }
  return 0;
};

/** Waits for a job as if it had not been sent to the background: Ctrl-C is for it. */
const fg: Builtin = async (shell, args, streams) => {
  const job = shell.jobs.find(args[0] ?? '%%');
  if (job === undefined) {
    await streams.stderr.write(`${shell.name}: fg: ${args[0] ?? 'current'}: no such job\n`);
    return 1;
  }
  await streams.stdout.write(`${job.text}\n`);
  try {
    return await shell.waitFor(job.done);
  } catch (error) {
    if (error instanceof Killed) job.task.kill(error.signal);
    throw error;
  } finally {
    shell.jobs.remove(job);
  }
};

const setOptions: Builtin = async (shell, args) => {
  const flags = { e: 'errexit', u: 'nounset', x: 'xtrace' } as const;
  const rest = [...args];
  while (rest[0] !== undefined && /^[-+]\w/.test(rest[0])) {
    const word = rest.shift() ?? '';
    const on = word.startsWith('-');
    if (word.slice(1) === 'o') {
      const name = rest.shift();
      if (name === 'errexit' || name === 'nounset' || name === 'xtrace') shell.options[name] = on;
      continue;
    }
    for (const [flag, option] of Object.entries(flags)) if (word.includes(flag)) shell.options[option] = on;
  }
  if (rest[0] === '--') shell.positional = rest.slice(1);
  else if (rest.length > 0) shell.positional = rest;
  return 0;
};

const jump =
  (to: 'break' | 'continue'): Builtin =>
  async (_shell, args) => {
    throw new Jump(to, Math.max(1, Number(args[0] ?? 1)));
  };

const exec: Builtin = async (shell, args, streams) => {
  if (args.length === 0) return 0;
  const { task } = shell;
  const found = lookUp(task.context.commands, task.fs, args[0] ?? '', task.cwd);
  if ('error' in found) {
    await streams.stderr.write(`${shell.name}: exec: line 0: ${args[0]}: not found\n`);
    throw new Exit(127);
  }
  throw new Exit(await replaceTask(task, args, shell, found.command, streams));
};

/** The command takes the shell's place, its process id included. */
async function replaceTask(
  task: Task,
  argv: readonly string[],
  shell: Shell,
  command: (task: Task) => Promise<number>,
  streams: Streams,
): Promise<number> {
  const { nextPid } = task.context;
  task.context.nextPid = task.pid;
  const successor = new Task(task.context, {
    argv,
    vars: shell.environment(),
    cwd: task.cwd,
    tty: task.tty,
    ...streams,
    ...(task.parent === undefined ? {} : { parent: task.parent }),
  });
  task.context.nextPid = nextPid;
  task.handlers.clear();
  for (const signal of ['TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2'] as const)
    task.handlers.set(signal, () => successor.signal(signal));
  return runTask(successor, command);
}

const kill: Builtin = async (shell, args, streams) => {
  let signal = signalOf('TERM');
  const pids: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '-s') signal = signalOf(args[++i] ?? '');
    else if (arg === '-0') signal = 'CONT';
    else if (/^-\w/.test(arg)) signal = signalOf(arg.slice(1));
    else pids.push(arg);
  }
  if (signal === undefined) {
    await streams.stderr.write(`${shell.name}: kill: invalid signal\n`);
    return 1;
  }
  let code = 0;
  for (const pid of pids) {
    const task = pid.startsWith('%') ? shell.jobs.find(pid)?.task : shell.task.context.tasks.get(Number(pid));
    if (task === undefined && pid.startsWith('%')) {
      await streams.stderr.write(`${shell.name}: kill: ${pid}: no such job\n`);
      code = 1;
    } else if (task === undefined) {
      await streams.stderr.write(`${shell.name}: can't kill pid ${pid}: No such process\n`);
      code = 1;
    } else if (task === shell.task && signal !== 'CONT' && !task.handlers.has(signal) && task.pid !== 1)
      throw new Killed(signal);
    else task.signal(signal);
  }
  return code;
};

/** What the shell does itself, without a process. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  ':': ok,
  true: ok,
  false: async () => 1,
  '[': test(true),
  test: test(false),
  '.': (shell, args, streams) => shell.runText(shell.task.fs.read(shell.task.path(args[0] ?? '')), streams),
  source: (shell, args, streams) => shell.runText(shell.task.fs.read(shell.task.path(args[0] ?? '')), streams),
  break: jump('break'),
  cd,
  continue: jump('continue'),
  echo: async (_shell, args, streams) => {
    await streams.stdout.write(echoText(args));
    return 0;
  },
  eval: (shell, args, streams) => shell.runText(args.join(' '), streams),
  exec,
  fg,
  exit: async (shell, args) => {
    throw new Exit(Number(args[0] ?? shell.status) & 255);
  },
  export: exportNames,
  jobs,
  kill,
  local: async (shell, args) => {
    for (const arg of args) {
      const equals = arg.indexOf('=');
      shell.local(equals < 0 ? arg : arg.slice(0, equals), equals < 0 ? undefined : arg.slice(equals + 1));
    }
    return 0;
  },
  printf: async (shell, args, streams) => {
    if (args.length === 0) {
      await streams.stderr.write(`${shell.name}: printf: usage: printf FORMAT [ARG]...\n`);
      return 2;
    }
    await streams.stdout.write(formatPrintf(args[0] ?? '', args.slice(1)));
    return 0;
  },
  pwd: async (shell, _args, streams) => {
    await streams.stdout.write(`${shell.task.cwd}\n`);
    return 0;
  },
  read,
  readonly: exportNames,
  return: async (shell, args) => {
    throw new Jump('return', 1, Number(args[0] ?? shell.status) & 255);
  },
  set: setOptions,
  shift: async (shell, args) => {
    shell.positional = shell.positional.slice(Number(args[0] ?? 1));
    return 0;
  },
  trap,
  type: async (shell, args, streams) => {
    for (const name of args) {
      const found = lookUp(shell.task.context.commands, shell.task.fs, name, shell.task.cwd);
      const what = Object.hasOwn(BUILTINS, name) ? 'a shell builtin' : 'error' in found ? undefined : `/bin/${name}`;
      await streams.stdout.write(what === undefined ? `${name}: not found\n` : `${name} is ${what}\n`);
      if (what === undefined) return 127;
    }
    return 0;
  },
  umask: ok,
  ulimit: ok,
  unset: async (shell, args) => {
    for (const name of args) shell.variables.delete(name);
    return 0;
  },
  wait,
};
