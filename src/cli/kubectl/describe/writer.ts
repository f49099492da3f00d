import { formatRfc1123z, parseTime } from '../../../lib/time.ts';
import { humanDuration } from '../../../lib/duration.ts';
import { DESCRIBE_TABS, tabulate } from '../../text/tabwriter.ts';
import type { Context } from '../command.ts';
import { annotationsOf, labelsOf, nameOf, namespaceOf } from '../object.ts';
import type { Obj } from '../server.ts';

export const LEVEL_0 = 0;
export const LEVEL_1 = 1;
export const LEVEL_2 = 2;
export const LEVEL_3 = 3;
export const LEVEL_4 = 4;

/** Collects lines at levels of two spaces and aligns them at the end. Models describe.PrefixWriter. */
export class DescribeWriter {
  private text = '';

  write(level: number, text: string): void {
    this.text += '  '.repeat(level) + text;
  }

  line(level: number, ...cells: readonly string[]): void {
    this.write(level, `${cells.join('\t')}\n`);
  }

  /** As it was written, with tabs. */
  raw(): string {
    return this.text;
  }

  finish(): string {
    return tabulate(this.text, DESCRIBE_TABS);
  }
}

/** What describes one kind: an object literal in describe/<kind>.ts, listed in describe/index.ts. */
export interface Describer {
  readonly group: string;
  readonly kind: string;
  describe(context: Context, object: Obj, events: EventSource): Promise<string>;
}

/** The events about an object; empty when they are not to be shown. */
export type EventSource = (about: Obj) => Promise<readonly Obj[] | undefined>;

/** A heading, or `<none>`, over lines of `key: value`, sorted. */
export function multiline(
  writer: DescribeWriter,
  title: string,
  lines: readonly string[],
  indent = '',
  initial = '\t',
): void {
  writer.write(LEVEL_0, `${indent}${title}:${initial}`);
  if (lines.length === 0) writer.write(LEVEL_0, '<none>\n');
  lines.forEach((line, index) => writer.write(LEVEL_0, `${index === 0 ? '' : initial}${line}\n`));
}

export function labelLines(labels: Readonly<Record<string, string>>): string[] {
  return Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key] ?? ''}`);
}

export function writeLabels(writer: DescribeWriter, object: Obj): void {
  multiline(writer, 'Labels', labelLines(labelsOf(object)));
}

/** What most kinds begin with. */
export function writeHead(writer: DescribeWriter, object: Obj, withNamespace = true): void {
  writer.line(LEVEL_0, 'Name:', nameOf(object));
  if (withNamespace) writer.line(LEVEL_0, 'Namespace:', namespaceOf(object));
  writeLabels(writer, object);
  writeAnnotations(writer, object);
}

const HIDDEN_ANNOTATIONS = new Set(['kubectl.kubernetes.io/last-applied-configuration']);
const MAX_ANNOTATION = 140;

export function writeAnnotations(writer: DescribeWriter, object: Obj, title = 'Annotations', indent = ''): void {
  const annotations = annotationsOf(object);
  const keys = Object.keys(annotations)
    .filter((key) => !HIDDEN_ANNOTATIONS.has(key))
    .sort();
  writer.write(LEVEL_0, `${indent}${title}:\t`);
  if (keys.length === 0) return writer.write(LEVEL_0, '<none>\n');
  keys.forEach((key, index) => {
    if (index > 0) writer.write(LEVEL_0, `${indent}\t`);
    const value = (annotations[key] ?? '').replace(/\n$/, '');
    if (value.length + key.length + 2 < MAX_ANNOTATION && !value.includes('\n'))
      return writer.write(LEVEL_0, `${key}: ${value}\n`);
    writer.write(LEVEL_0, `${key}:\n`);
    for (const line of value.split('\n')) writer.write(LEVEL_0, `${indent}\t  ${shorten(line, MAX_ANNOTATION - 2)}\n`);
  });
}

function shorten(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}...` : text;
}

/** `Sun, 22 Nov 2026 13:21:50 +0000`, or `<unset>` for no time. */
export function timeText(time: string, absent = '<unset>'): string {
  const parsed = time === '' ? undefined : parseTime(time);
  return parsed === undefined ? absent : formatRfc1123z(parsed);
}

export function ageText(context: Context, time: string): string {
  const parsed = time === '' ? undefined : parseTime(time);
  return parsed === undefined ? '<unknown>' : humanDuration(context.io.now() - parsed);
}
