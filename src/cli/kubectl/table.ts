import type { Json } from '../../lib/json.ts';
import { GET_TABS, Tabwriter } from '../text/tabwriter.ts';
import { goValue } from '../text/go-value.ts';
import { at, labelsOf, list, namespaceOf, str } from './object.ts';
import type { Obj } from './server.ts';

export interface TableOptions {
  readonly wide: boolean;
  readonly noHeaders: boolean;
  readonly withNamespace: boolean;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
  /** `pod` or `deployment.apps`: put in front of each name. */
  readonly kind?: string;
  /** A watch's event type goes into the first column. */
  readonly eventColumn?: boolean;
}

/** MODIFIED and BOOKMARK: the column does not move when one of them comes. */
const LONGEST_EVENT = 8;

/** Prints what the server made of objects as a Table. Models printers.TablePrinter. */
export class TablePrinter {
  private readonly writer: Tabwriter;
  private readonly options: TableOptions;
  private columns: readonly Obj[] = [];
  private headed = false;

  constructor(out: (text: string) => void, options: TableOptions) {
    this.writer = new Tabwriter(out, GET_TABS);
    this.options = options;
  }

  print(table: Obj, event?: string): void {
    if (list(table, 'columnDefinitions').length > 0) this.columns = list(table, 'columnDefinitions');
    for (const row of list(table, 'rows')) this.row(row, event);
  }

  flush(): void {
    this.writer.flush();
  }

  private row(row: Obj, event: string | undefined): void {
    if (!this.headed) this.header();
    const cells: string[] = [];
    const object = at(row, 'object');
    const meta = (typeof object === 'object' && object !== null ? object : {}) as Obj;
    const visible = this.visible();
    list(row, 'cells').forEach((_cell, index) => {
      if (!visible.has(index)) return;
      const value = at(row, 'cells', index) as Json;
      const text = cellText(value);
      const isName =
        str(this.columns[index], 'name') === 'Name' || (index === 0 && str(this.columns[index], 'format') === 'name');
      cells.push(isName && this.options.kind !== undefined ? `${this.options.kind}/${text}` : text);
    });
    if (this.options.withNamespace) cells.unshift(namespaceOf(meta));
    if (this.options.eventColumn === true) cells.unshift((event ?? '').padEnd(LONGEST_EVENT));
    const labels = labelsOf(meta);
    for (const key of this.options.labelColumns) cells.push(labels[key] ?? '');
    if (this.options.showLabels) cells.push(labelText(labels));
    this.writer.write(`${cells.join('\t')}\n`);
  }

  private header(): void {
    this.headed = true;
    if (this.options.noHeaders) return;
    const visible = this.visible();
    const names = this.columns
      .filter((_column, index) => visible.has(index))
      .map((column) => str(column, 'name').toUpperCase());
    if (this.options.withNamespace) names.unshift('NAMESPACE');
    if (this.options.eventColumn === true) names.unshift('EVENT');
    for (const key of this.options.labelColumns) names.push(labelHeader(key));
    if (this.options.showLabels) names.push('LABELS');
    this.writer.write(`${names.join('\t')}\n`);
  }

  private visible(): ReadonlySet<number> {
    return new Set(
      this.columns.flatMap((column, index) =>
        this.options.wide || at(column, 'priority') === 0 || at(column, 'priority') === undefined ? [index] : [],
      ),
    );
  }
}

/** Only the first line of a cell is shown. */
function cellText(value: Json): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : goValue(value);
  const end = text.search(/[\f\n\r]/);
  const line = end < 0 ? text : `${text.slice(0, end)}...`;
  return line.replaceAll('\x1b', '^[');
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  const keys = Object.keys(labels).sort();
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${labels[key] ?? ''}`).join(',');
}

function labelHeader(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1).toUpperCase();
}
