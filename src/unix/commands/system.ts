import { SECOND, type Micros } from '../../sim/env.ts';
import { formatRfc1123z, formatTime, toCivil } from '../../lib/time.ts';
import { sortedStrings } from '../../lib/order.ts';
import { lookUp, runTask, signalOf, Task, type Command, type CommandTable } from '../task.ts';
import { echoText, formatPrintf } from './text.ts';
import { parseOptions } from './options.ts';
import { testExpression } from '../shell/test-expression.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `1.5`, `2m`, `infinity` in microseconds. */
export function parseInterval(text: string): Micros | undefined {
  if (text === 'infinity' || text === 'inf') return 1_000_000 * 86_400 * 36_500;
  const match = /^(\d+)(?:\.(\d+))?([smhd]?)$/.exec(text);
  if (match === null) return undefined;
  const micros = Number(match[1]) * SECOND + Number((match[2] ?? '').slice(0, 6).padEnd(6, '0'));
  return micros * (UNITS[match[3] ?? ''] ?? 1);
}

const sleep: Command = async (task) => {
  const args = task.argv.slice(1);
  if (args.length === 0) {
    await task.printError(
      'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n\nUsage: sleep [N]...\n\nPause for a time equal to the total of the args given, where each arg can\nhave an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays\n',
    );
    return 1;
  }
  let total = 0;
  for (const arg of args) {
    const time = parseInterval(arg);
    if (time === undefined) {
      await task.printError(`sleep: invalid number '${arg}'\n`);
      return 1;
    }
    total += time;
  }
  await task.sleep(total);
  return 0;
};

const date: Command = async (task) => {
  const args = task.argv.slice(1);
  const format = args.find((arg) => arg.startsWith('+'))?.slice(1);
  const now = task.env.now();
  if (args.includes('-R')) await task.print(`${formatRfc1123z(now)}\n`);
  else if (args.some((arg) => arg.startsWith('-I'))) await task.print(`${formatTime(now)}\n`);
  else await task.print(`${formatDate(now, format ?? '%a %b %e %H:%M:%S UTC %Y')}\n`);
  return 0;
};

function formatDate(now: Micros, format: string): string {
  const t = toCivil(now);
  const [day = '', , month = ''] = formatRfc1123z(now)
    .replace(',', '')
    .split(' ')
    .map((part, i) => (i === 1 ? '' : part));
  const two = (n: number): string => String(n).padStart(2, '0');
  const values: Readonly<Record<string, string>> = {
    a: day,
    b: month,
    d: two(t.day),
    e: String(t.day).padStart(2),
    H: two(t.hour),
    I: two(t.hour % 12 === 0 ? 12 : t.hour % 12),
    M: two(t.minute),
    S: two(t.second),
    Y: String(t.year),
    y: two(t.year % 100),
    m: two(t.month),
    j: '',
    s: String(Math.floor(now / SECOND)),
    N: String(t.microsecond * 1000).padStart(9, '0'),
    n: '\n',
    t: '\t',
    Z: 'UTC',
    z: '+0000',
    '%': '%',
    F: `${t.year}-${two(t.month)}-${two(t.day)}`,
    T: `${two(t.hour)}:${two(t.minute)}:${two(t.second)}`,
    D: `${two(t.month)}/${two(t.day)}/${two(t.year % 100)}`,
    R: `${two(t.hour)}:${two(t.minute)}`,
    u: String(t.weekday === 0 ? 7 : t.weekday),
    w: String(t.weekday),
    p: t.hour < 12 ? 'AM' : 'PM',
    c: formatTime(now),
  };
  return format.replace(/%([A-Za-z%])/g, (all, letter: string) => values[letter] ?? all);
}

const env: Command = async (task) => {
  const args = task.argv.slice(1);
  const vars = new Map(task.vars);
  while (args[0] !== undefined && /^\w+=/.test(args[0])) {
    const [name = '', ...rest] = (args.shift() ?? '').split('=');
    vars.set(name, rest.join('='));
  }
  if (args.length === 0) {
    for (const [name, value] of vars) await task.print(`${name}=${value}\n`);
    return 0;
  }
  return runOther(task, args, vars);
};

/** Runs another command in this one's place. */
async function runOther(task: Task, argv: readonly string[], vars: ReadonlyMap<string, string>): Promise<number> {
  const found = lookUp(task.context.commands, task.fs, argv[0] ?? '', task.cwd);
  if ('error' in found) {
    await task.printError(`${task.name}: can't execute '${argv[0]}': No such file or directory\n`);
    return 127;
  }
  const child = new Task(task.context, {
    argv,
    vars,
    cwd: task.cwd,
    stdin: task.stdin,
    stdout: task.stdout,
    stderr: task.stderr,
    tty: task.tty,
    parent: task,
  });
  return task.wait(runTask(child, found.command));
}

const printenv: Command = async (task) => {
  const names = task.argv.slice(1);
  if (names.length === 0) for (const [name, value] of task.vars) await task.print(`${name}=${value}\n`);
  for (const name of names) {
    const value = task.vars.get(name);
    if (value === undefined) return 1;
    await task.print(`${value}\n`);
  }
  return 0;
};

/** The exit code that says that the time was over, whatever the command made of it. */
const TIMED_OUT = 124;

const timeout: Command = async (task) => {
  const args = task.argv.slice(1).filter((arg) => !/^-[sk]/.test(arg));
  const time = parseInterval(args[0] ?? '');
  if (time === undefined || args[1] === undefined) {
    await task.printError(`timeout: invalid number '${args[0] ?? ''}'\n`);
    return 1;
  }
  const found = lookUp(task.context.commands, task.fs, args[1], task.cwd);
  if ('error' in found) {
    await task.printError(`timeout: can't execute '${args[1]}': No such file or directory\n`);
    return 127;
  }
  const child = new Task(task.context, {
    argv: args.slice(1),
    vars: task.vars,
    cwd: task.cwd,
    stdin: task.stdin,
    stdout: task.stdout,
    stderr: task.stderr,
    tty: task.tty,
    parent: task,
  });
  let expired = false;
  const cancel = task.env.after(time, () => {
    expired = true;
    child.signal('TERM');
  });
  const code = await task.wait(runTask(child, found.command));
  cancel();
  return expired ? TIMED_OUT : code;
};

const seq: Command = async (task) => {
  const numbers = task.argv.slice(1).map(Number);
  if (numbers.length === 0 || numbers.some((n) => Number.isNaN(n))) {
    await task.printError(`seq: invalid number '${task.argv[1] ?? ''}'\n`);
    return 1;
  }
  const [first, step, last] =
    numbers.length === 1 ? [1, 1, numbers[0]] : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : numbers;
  const by = step ?? 1;
  for (let n = first ?? 1; by > 0 ? n <= (last ?? 0) : n >= (last ?? 0); n += by) await task.print(`${n}\n`);
  return 0;
};

const ps: Command = async (task) => {
  await task.print('PID   USER     TIME  COMMAND\n');
  for (const other of [...task.context.tasks.values()].sort((a, b) => a.pid - b.pid)) {
    await task.print(`${String(other.pid).padStart(5)} root      0:00 ${other.argv.join(' ')}\n`);
  }
  return 0;
};

const kill: Command = async (task) => {
  const args = task.argv.slice(1);
  const signal =
    args[0]?.startsWith('-') === true ? signalOf(args[0] === '-s' ? (args[1] ?? '') : args[0].slice(1)) : 'TERM';
  for (const pid of args.filter((arg) => /^\d+$/.test(arg))) {
    const other = task.context.tasks.get(Number(pid));
    if (other === undefined || signal === undefined) {
      await task.printError(`kill: can't kill pid ${pid}: No such process\n`);
      return 1;
    }
    other.signal(signal);
  }
  return 0;
};

const killall: Command = async (task) => {
  const names = task.argv.slice(1).filter((arg) => !arg.startsWith('-'));
  let code = 0;
  for (const name of names) {
    const others = [...task.context.tasks.values()].filter((other) => other !== task && other.name === name);
    for (const other of others) other.signal('TERM');
    if (others.length === 0) {
      await task.printError(`killall: ${name}: no process killed\n`);
      code = 1;
    }
  }
  return code;
};

const uname: Command = async (task) => {
  const { flags } = parseOptions(task.argv.slice(1), 'amnrsv');
  const all = flags.has('a');
  const parts: string[] = [];
  if (flags.size === 0 || flags.has('s') || all) parts.push('Linux');
  if (flags.has('n') || all) parts.push(task.context.hostname);
  if (flags.has('r') || all) parts.push('6.12.48+deb13-amd64');
  if (flags.has('v') || all) parts.push('#1 SMP PREEMPT_DYNAMIC');
  if (flags.has('m') || all) parts.push('x86_64');
  if (all) parts.push('GNU/Linux');
  await task.print(`${parts.join(' ')}\n`);
  return 0;
};

const hostname: Command = async (task) => {
  const ip = task.argv[1] === '-i' || task.argv[1] === '-I';
  await task.print(`${ip ? task.env.ip : task.context.hostname}\n`);
  return 0;
};

const which: Command = async (task) => {
  let code = 0;
  for (const name of task.argv.slice(1)) {
    if (Object.hasOwn(task.context.commands, name)) await task.print(`/bin/${name}\n`);
    else code = 1;
  }
  return code;
};

const yes: Command = async (task) => {
  const text = task.argv.length > 1 ? task.argv.slice(1).join(' ') : 'y';
  for (let i = 1; ; i++) {
    await task.print(`${text}\n`);
    if (i % 64 === 0) await task.sleep(1_000);
  }
};

const expr: Command = async (task) => {
  const [left = '', operator, right = ''] = task.argv.slice(1);
  const [a, b] = [Number(left), Number(right)];
  const results: Readonly<Record<string, number | boolean>> = {
    '+': a + b,
    '-': a - b,
    '*': a * b,
    '/': Math.trunc(a / b),
    '%': a % b,
    '=': left === right,
    '!=': left !== right,
    '<': a < b,
    '>': a > b,
    '<=': a <= b,
    '>=': a >= b,
  };
  const result = operator === undefined ? left : (results[operator] ?? '');
  const text = typeof result === 'boolean' ? String(Number(result)) : String(result);
  await task.print(`${text}\n`);
  return text === '0' || text === '' ? 1 : 0;
};

const print =
  (text: (task: Task) => string): Command =>
  async (task) => {
    await task.print(`${text(task)}\n`);
    return 0;
  };

const df: Command = async (task) => {
  await task.print(
    'Filesystem           1K-blocks      Used Available Use% Mounted on\noverlay               102350448  12873024  84232144  13% /\n',
  );
  for (const mount of task.fs.mounts)
    await task.print(`/dev/vda1             102350448  12873024  84232144  13% ${mount.containerPath}\n`);
  return 0;
};

export const SYSTEM_COMMANDS: CommandTable = {
  '[': async (task) => testCommand(task, task.argv.slice(1, -1)),
  basename: print(
    (task) =>
      (task.argv[1] ?? '')
        .replace(/\/+$/, '')
        .split('/')
        .at(-1)
        ?.replace(new RegExp(`${(task.argv[2] ?? '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`), '') ?? '',
  ),
  chmod: async () => 0,
  chown: async () => 0,
  clear: async () => 0,
  date,
  df,
  dirname: print(
    (task) => (task.argv[1] ?? '').replace(/\/[^/]*$/, '') || (task.argv[1]?.startsWith('/') === true ? '/' : '.'),
  ),
  echo: async (task) => {
    await task.print(echoText(task.argv.slice(1)));
    return 0;
  },
  env,
  expr,
  false: async () => 1,
  hostname,
  id: print((task) =>
    task.argv[1] === '-u' || task.argv[1] === '-g' ? '0' : 'uid=0(root) gid=0(root) groups=0(root),10(wheel)',
  ),
  kill,
  killall,
  nproc: print(() => '4'),
  printenv,
  printf: async (task) => {
    await task.print(formatPrintf(task.argv[1] ?? '', task.argv.slice(2)));
    return 0;
  },
  ps,
  pwd: print((task) => task.cwd),
  seq,
  sleep,
  sync: async () => 0,
  test: async (task) => testCommand(task, task.argv.slice(1)),
  timeout,
  true: async () => 0,
  uname,
  uptime: print((task) => ` up ${Math.floor(task.env.uptime() / SECOND / 60)} min,  load average: 0.00, 0.00, 0.00`),
  usleep: async (task) => {
    await task.sleep(Number(task.argv[1] ?? 0));
    return 0;
  },
  which,
  whoami: print(() => 'root'),
  yes,
};

async function testCommand(task: Task, args: readonly string[]): Promise<number> {
  const result = testExpression(
    args,
    (path) => task.fs.kind(task.path(path)),
    (path) => task.fs.read(task.path(path)).length,
  );
  return typeof result === 'boolean' ? Number(!result) : 2;
}

export function names(table: CommandTable): readonly string[] {
  return sortedStrings(Object.keys(table));
}
