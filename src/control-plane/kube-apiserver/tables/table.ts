import type { Kind } from '../../../api/kind.ts';
import type { KubeObject } from '../../../api/types.gen.ts';
import type { Micros } from '../../../sim/env.ts';
import { humanDuration } from '../../../lib/duration.ts';
import { parseTime } from '../../../lib/time.ts';

export interface Column {
  readonly name: string;
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: 'name';
  /** Shown with `-o wide` only. */
  readonly wide?: boolean;
}

export type Cell = string | number | boolean | null;

/** How a kind is printed. Models pkg/printers/internalversion/printers.go. */
export interface Printer {
  readonly kind: Kind;
  readonly columns: readonly Column[];
  cells(object: KubeObject, now: Micros): readonly Cell[];
  /** The order of rows, where it is not that of the list. */
  readonly compare?: (a: KubeObject, b: KubeObject) => number;
}

export const NAME: Column = { name: 'Name', format: 'name' };
export const AGE: Column = { name: 'Age' };

export function ageOf(object: KubeObject, now: Micros): string {
  return sinceText(object.metadata.creationTimestamp, now);
}

/** `5m`, or `<unknown>`. Models translateTimestampSince. */
export function sinceText(timestamp: string | null | undefined, now: Micros): string {
  const at = timestamp === undefined || timestamp === null ? undefined : parseTime(timestamp);
  return at === undefined ? '<unknown>' : humanDuration(now - at);
}

export const NONE = '<none>';
export const UNSET = '<unset>';
export const UNKNOWN = '<unknown>';

/** `a=b,c=d`, or `<none>`. Models labels.FormatLabels. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (keys.length === 0) return NONE;
  return keys.map((key) => `${key}=${labels?.[key] ?? ''}`).join(',');
}
