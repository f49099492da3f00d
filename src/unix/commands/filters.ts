import { compareStrings } from '../../lib/order.ts';
import type { Command, CommandTable } from '../task.ts';
import { runTask, lookUp, Task } from '../task.ts';
import { readAll } from '../pipe.ts';
import { eachOperand, readOperands } from './files.ts';
import { base64 } from './base64.ts';
import { parseOptions } from './options.ts';

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

const head: Command = async (task) => {
  const { values, operands } = parseOptions(
    task.argv.slice(1).map((arg) => arg.replace(/^-(\d+)$/, '-n$1')),
    'q',
    'nc',
  );
  const bytes = values.get('c');
  const count = Number(values.get('n') ?? 10);
  if (operands.length > 0 || bytes !== undefined) {
    return readOperands(task, operands, (text) =>
      task.print(
        bytes !== undefined
          ? text.slice(0, Number(bytes))
          : linesOf(text)
              .slice(0, count)
              .map((line) => `${line}\n`)
              .join(''),
      ),
    );
  }
  for (let i = 0; i < count; i++) {
    const line = await task.wait(task.stdin.readLine());
    if (line === undefined) break;
    await task.print(line);
  }
  return 0;
};

/** Basic and extended expressions differ in which characters need a backslash. */
function toRegExp(pattern: string, extended: boolean, ignoreCase: boolean): RegExp {
  const source = extended
    ? pattern
    : pattern.replace(/\\([+?|(){}])|([+?|(){}])/g, (_all, escaped?: string, plain?: string) =>
        escaped !== undefined ? escaped : `\\${plain ?? ''}`,
      );
  return new RegExp(
    source.replace(/\[:(\w+):\]/g, (_all, name: string) => CLASSES[name] ?? ''),
    ignoreCase ? 'i' : '',
  );
}
/** The same, or a complaint and undefined. */
async function compile(
  task: Task,
  pattern: string,
  extended: boolean,
  ignoreCase: boolean,
): Promise<RegExp | undefined> {
  try {
    return toRegExp(pattern, extended, ignoreCase);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    await task.printError(`${task.name}: bad regex '${pattern}': Invalid regexp\n`);
    return undefined;
  }
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  space: '\\s',
  upper: 'A-Z',
  punct: '!-\\/:-@\\[-`{-~',
};

const grep: Command = async (task) => {
  const { flags, values, operands } = parseOptions(task.argv.slice(1), 'ivcqEFnolsxwhHr', 'emABC');
  const pattern = values.get('e') ?? operands[0];
  if (pattern === undefined) {
    await task.printError(
      'Usage: grep [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n',
    );
    return 2;
  }
  const files = values.has('e') ? operands : operands.slice(1);
  const literal = pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const inner = flags.has('F') ? literal : pattern;
  const bounded = flags.has('x') ? `^${inner}$` : flags.has('w') ? `\\b${inner}\\b` : inner;
  const regexp = await compile(
    task,
    bounded,
    flags.has('E') || flags.has('F') || task.name === 'egrep',
    flags.has('i'),
  );
  if (regexp === undefined) return 2;
  let matched = 0;
  const around = (letter: string): number => Number(values.get(letter) ?? values.get('C') ?? 0);
  const [before, after] = [around('B'), around('A')];
  /** Lines that may still stand before a match, and how many more follow the last one. */
  let held: { readonly line: string; readonly number: number }[] = [];
  let following = 0;
  let last: number | undefined;
  const show = async (text: string, number: number, name: string, mark: string): Promise<void> => {
    const apart = before + after > 0 && last !== undefined && (number > last + 1 || number < last);
    last = number;
    const place = `${files.length > 1 && !flags.has('h') ? `${name}${mark}` : ''}${flags.has('n') ? `${number}${mark}` : ''}`;
    await task.print(`${apart ? '--\n' : ''}${place}${text}\n`);
  };
  const check = async (line: string, number: number, name: string): Promise<void> => {
    if (number === 1) [held, following] = [[], 0];
    if (regexp.test(line) === flags.has('v')) {
      if (following-- > 0) return show(line, number, name, '-');
      if (before > 0) held = [...held, { line, number }].slice(-before);
      return;
    }
    matched++;
    if (flags.has('q') || flags.has('c') || flags.has('l')) return;
    if (flags.has('o')) {
      for (const [found] of line.matchAll(new RegExp(regexp.source, `${regexp.flags}g`)))
        if (found !== '') await show(found, number, name, ':');
      return;
    }
    for (const each of held) await show(each.line, each.number, name, '-');
    await show(line, number, name, ':');
    [held, following] = [[], after];
  };
  let code = 0;
  if (files.length > 0) {
    code = await readOperands(task, files, async (text, name) => {
      for (const [index, line] of linesOf(text).entries()) await check(line, index + 1, name);
    });
  } else {
    let number = 0;
    for (
      let line = await task.wait(task.stdin.readLine());
      line !== undefined;
      line = await task.wait(task.stdin.readLine())
    ) {
      await check(line.replace(/\n$/, ''), ++number, '-');
      if (flags.has('q') && matched > 0) break;
    }
  }
  if (flags.has('c')) await task.print(`${matched}\n`);
  return code !== 0 ? 2 : matched > 0 ? 0 : 1;
};

const sed: Command = async (task) => {
  const { flags, values, operands } = parseOptions(task.argv.slice(1), 'nEri', 'e');
  const script = values.get('e') ?? operands[0] ?? '';
  const files = values.has('e') ? operands : operands.slice(1);
  const edit =
    /^(?:(\d+|\$|\/(?:[^/\\]|\\.)*\/))?(?:s(.)((?:(?!\2)[^\\]|\\.)*)\2((?:(?!\2)[^\\]|\\.)*)\2([gip]*)|([dp]))$/s.exec(
      script.trim(),
    );
  if (edit === null) {
    await task.printError(`sed: unsupported command ${script}\n`);
    return 1;
  }
  const [, address, , from, to, modifiers, action] = edit;
  const extended = flags.has('E') || flags.has('r');
  const addressed =
    address?.startsWith('/') === true ? await compile(task, address.slice(1, -1), extended, false) : undefined;
  const base = from === undefined ? undefined : await compile(task, from, extended, modifiers?.includes('i') === true);
  if ((from !== undefined && base === undefined) || (address?.startsWith('/') === true && addressed === undefined))
    return 1;
  const selects = (line: string, number: number, last: boolean): boolean => {
    if (address === undefined) return true;
    if (address === '$') return last;
    return addressed === undefined ? Number(address) === number : addressed.test(line);
  };
  const pattern =
    base === undefined
      ? undefined
      : new RegExp(base.source, base.flags + (modifiers?.includes('g') === true ? 'g' : ''));
  const replacement = (to ?? '')
    .replace(/\$/g, '$$$$')
    .replace(/(^|[^\\])&/g, '$1$$&')
    .replace(/\\(\d)/g, '$$$1')
    .replace(/\\n/g, '\n')
    .replace(/\\([&/])/g, '$1');
  return readOperands(task, files, async (text, name) => {
    const lines = linesOf(text);
    let edited = '';
    for (const [index, line] of lines.entries()) {
      const selected = selects(line, index + 1, index === lines.length - 1);
      if (selected && action === 'd') continue;
      const changed = selected && pattern !== undefined ? line.replace(pattern, replacement) : line;
      const printed = selected && (action === 'p' || (modifiers?.includes('p') === true && changed !== line));
      edited += (flags.has('n') ? '' : `${changed}\n`) + (printed ? `${changed}\n` : '');
      if (flags.has('i')) continue;
      await task.print(edited);
      edited = '';
    }
    if (flags.has('i')) task.fs.write(task.path(name), edited);
  });
};

const wc: Command = async (task) => {
  const { flags, operands } = parseOptions(task.argv.slice(1), 'lwcm');
  return readOperands(task, operands, async (text, name) => {
    const counts = {
      l: text.split('\n').length - 1,
      w: text.split(/\s+/).filter((word) => word !== '').length,
      c: text.length,
    };
    const shown = (['l', 'w', 'c'] as const)
      .filter((key) => flags.size === 0 || flags.has(key))
      .map((key) => String(counts[key]));
    const columns = shown.length === 1 ? shown[0] : shown.map((text2) => text2.padStart(9)).join('');
    await task.print(`${columns}${name === '-' ? '' : ` ${name}`}\n`);
  });
};

const sort: Command = async (task) => {
  const { flags, operands } = parseOptions(task.argv.slice(1), 'nruf', 'kt');
  const lines: string[] = [];
  const code = await readOperands(task, operands, async (text) => {
    lines.push(...linesOf(text));
  });
  const number = (line: string): number => parseFloat(line) || 0;
  lines.sort((a, b) => (flags.has('n') ? number(a) - number(b) || compareStrings(a, b) : compareStrings(a, b)));
  if (flags.has('r')) lines.reverse();
  const kept = flags.has('u') ? lines.filter((line, i) => line !== lines[i - 1]) : lines;
  for (const line of kept) await task.print(`${line}\n`);
  return code;
};

const uniq: Command = async (task) => {
  const { flags, operands } = parseOptions(task.argv.slice(1), 'cdu');
  return readOperands(task, operands, async (text) => {
    const groups: { line: string; count: number }[] = [];
    for (const line of linesOf(text)) {
      const last = groups.at(-1);
      if (last?.line === line) last.count++;
      else groups.push({ line, count: 1 });
    }
    for (const { line, count } of groups) {
      if ((flags.has('d') && count === 1) || (flags.has('u') && count > 1)) continue;
      await task.print(flags.has('c') ? `${String(count).padStart(7)} ${line}\n` : `${line}\n`);
    }
  });
};

function characterSet(text: string): string[] {
  const expanded = text
    .replace(/\[:(\w+):\]/g, (_all, name: string) => CLASSES[name] ?? '')
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/\\0/g, '\0')
    .replace(/\\\\/g, '\\');
  const chars: string[] = [];
  for (let i = 0; i < expanded.length; i++) {
    const end = expanded[i + 2];
    if (expanded[i + 1] === '-' && end !== undefined) {
      for (let c = expanded.charCodeAt(i); c <= end.charCodeAt(0); c++) chars.push(String.fromCharCode(c));
      i += 2;
    } else chars.push(expanded[i] ?? '');
  }
  return chars;
}

const tr: Command = async (task) => {
  const { flags, operands } = parseOptions(task.argv.slice(1), 'dsc');
  const from = characterSet(operands[0] ?? '');
  const to = characterSet(operands[1] ?? '');
  for (let part = await task.wait(task.stdin.read()); part !== undefined; part = await task.wait(task.stdin.read())) {
    let out = '';
    for (const char of part) {
      const at = from.indexOf(char);
      const hit = at >= 0 !== flags.has('c');
      if (!hit) out += char;
      else if (!flags.has('d')) out += to[Math.min(flags.has('c') ? to.length - 1 : at, to.length - 1)] ?? char;
    }
    await task.print(out);
  }
  return 0;
};

const cut: Command = async (task) => {
  const { values, operands } = parseOptions(task.argv.slice(1), 's', 'dfcb');
  const separator = values.get('d') ?? '\t';
  const ranges = (values.get('f') ?? values.get('c') ?? values.get('b') ?? '1').split(',').map((range) => {
    const [from = '', to] = range.split('-');
    return {
      from: from === '' ? 1 : Number(from),
      to: to === undefined ? Number(from) : to === '' ? Number.MAX_SAFE_INTEGER : Number(to),
    };
  });
  const chosen = (index: number): boolean => ranges.some(({ from, to }) => index + 1 >= from && index + 1 <= to);
  return readOperands(task, operands, async (text) => {
    for (const line of linesOf(text)) {
      if (!values.has('f')) await task.print(`${[...line].filter((_char, i) => chosen(i)).join('')}\n`);
      else if (!line.includes(separator)) await task.print(`${line}\n`);
      else
        await task.print(
          `${line
            .split(separator)
            .filter((_part, i) => chosen(i))
            .join(separator)}\n`,
        );
    }
  });
};

const tee: Command = async (task) => {
  const { flags, operands } = parseOptions(task.argv.slice(1), 'ai');
  const files: string[] = [];
  const code = await eachOperand(task, operands, (operand) => {
    if (flags.has('a')) task.fs.append(task.path(operand), '');
    else task.fs.write(task.path(operand), '');
    files.push(task.path(operand));
  });
  for (let part = await task.wait(task.stdin.read()); part !== undefined; part = await task.wait(task.stdin.read())) {
    for (const file of files) task.fs.append(file, part);
    await task.print(part);
  }
  return code;
};

const xargs: Command = async (task) => {
  const { values, operands } = parseOptions(task.argv.slice(1), 'rt0', 'nIP');
  const words = (await task.wait(readAll(task.stdin))).split(/\s+/).filter((word) => word !== '');
  const replace = values.get('I');
  const size = replace !== undefined ? 1 : Number(values.get('n') ?? Math.max(1, words.length));
  const command = operands.length === 0 ? ['echo'] : operands;
  let code = 0;
  for (let i = 0; i < Math.max(1, words.length); i += size) {
    const batch = words.slice(i, i + size);
    const argv =
      replace === undefined ? [...command, ...batch] : command.map((word) => word.split(replace).join(batch[0] ?? ''));
    const found = lookUp(task.context.commands, task.fs, argv[0] ?? '', task.cwd);
    if ('error' in found) {
      await task.printError(`xargs: ${argv[0]}: No such file or directory\n`);
      return 127;
    }
    const child = new Task(task.context, {
      argv,
      vars: task.vars,
      cwd: task.cwd,
      stdin: task.stdin,
      stdout: task.stdout,
      stderr: task.stderr,
      tty: task.tty,
      parent: task,
    });
    if ((await task.wait(runTask(child, found.command))) !== 0) code = 123;
  }
  return code;
};

export const FILTER_COMMANDS: CommandTable = {
  base64,
  cut,
  egrep: grep,
  grep,
  head,
  sed,
  sort,
  tee,
  tr,
  uniq,
  wc,
  xargs,
};
