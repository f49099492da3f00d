/** One line of what changed in an object, as YAML would show it. */
export interface DiffLine {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
}

const MOST = 60;

/** Compares two stored values field by field; bookkeeping that every write changes is left out. */
export function diffObjects(before: string | undefined, after: string | undefined): DiffLine[] {
  const lines: DiffLine[] = [];
  const none = before === undefined || after === undefined ? {} : undefined;
  walk(lines, '', read(before) ?? none, read(after) ?? none);
  return lines.slice(0, MOST);
}

const IGNORED = new Set(['managedFields', 'resourceVersion']);

function read(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function walk(lines: DiffLine[], path: string, a: unknown, b: unknown): void {
  if (same(a, b) || lines.length > MOST) return;
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      if (!IGNORED.has(key)) walk(lines, path === '' ? key : `${path}.${key}`, a[key], b[key]);
    return;
  }
  // Something new is told field by field, so that it reads like YAML.
  if (a === undefined && isObject(b) && depth(path) < 2) {
    for (const key of Object.keys(b))
      if (!IGNORED.has(key)) walk(lines, path === '' ? key : `${path}.${key}`, undefined, b[key]);
    return;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    walkLists(lines, path, a, b);
    return;
  }
  const parts = path.split('.');
  const name = parts.pop() ?? '';
  header(lines, parts.join('.'));
  if (a !== undefined) print(lines, '-', name, a);
  if (b !== undefined) print(lines, '+', name, b);
}

const depth = (path: string): number => path.split('.').length;

/** Lists of named things are compared by name, others place by place. */
function walkLists(lines: DiffLine[], path: string, a: readonly unknown[], b: readonly unknown[]): void {
  const nameOf = (item: unknown): string | undefined =>
    isObject(item)
      ? [item['type'], item['name'], item['uid'], item['ip']].find((name) => typeof name === 'string')
      : undefined;
  const old = new Map(a.map((item, i) => [nameOf(item) ?? String(i), item]));
  const now = new Map(b.map((item, i) => [nameOf(item) ?? String(i), item]));
  for (const [name, item] of now) {
    const other = old.get(name);
    if (other !== undefined) walk(lines, `${path}[${name}]`, other, item);
    else if (!same(other, item)) {
      header(lines, path);
      printItem(lines, '+', item);
    }
  }
  for (const [name, item] of old) {
    if (now.has(name)) continue;
    header(lines, path);
    printItem(lines, '-', item);
  }
}

function header(lines: DiffLine[], path: string): void {
  if (path === '') return;
  const text = `${path}:`;
  if (lines.findLast((line) => line.sign === ' ')?.text !== text) lines.push({ sign: ' ', text });
}

function printItem(lines: DiffLine[], sign: '+' | '-', item: unknown): void {
  if (!isObject(item)) {
    lines.push({ sign, text: `- ${scalar(item)}` });
    return;
  }
  Object.entries(item).forEach(([key, value], i) => print(lines, sign, `${i === 0 ? '- ' : '  '}${key}`, value));
}

function print(lines: DiffLine[], sign: '+' | '-', name: string, value: unknown): void {
  lines.push({ sign, text: `${name}: ${scalar(value)}` });
}

function scalar(value: unknown): string {
  if (typeof value === 'string')
    return /^[\w./:@-]+$/.test(value) && !/^(true|false|null|[\d.]+)$/i.test(value) ? value : JSON.stringify(value);
  const text = JSON.stringify(value) ?? '';
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
