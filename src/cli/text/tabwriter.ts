/**
 * Aligns text in columns: a column is a run of consecutive lines that have a tab-terminated cell there; the last cell of
 * a line belongs to no column. Models text/tabwriter, with the remembered widths of kubectl's fork.
 */
export interface TabwriterOptions {
  readonly minWidth: number;
  readonly padding: number;
  /** Widths never shrink over flushes: what `get --watch` needs. */
  readonly rememberWidths?: boolean;
}

export const GET_TABS: TabwriterOptions = { minWidth: 6, padding: 3, rememberWidths: true };
export const DESCRIBE_TABS: TabwriterOptions = { minWidth: 0, padding: 2 };

type Line = readonly string[];

export class Tabwriter {
  private readonly options: TabwriterOptions;
  private readonly out: (text: string) => void;
  private pending = '';
  private readonly remembered: number[] = [];

  constructor(out: (text: string) => void, options: TabwriterOptions) {
    this.out = out;
    this.options = options;
  }

  write(text: string): void {
    this.pending += text;
  }

  flush(): void {
    if (this.pending === '') return;
    const text = this.pending;
    this.pending = '';
    this.out(this.format(text));
  }

  private format(text: string): string {
    const lines: Line[] = text.split('\n').map((line) => line.split('\t'));
    const widths: number[][] = lines.map(() => []);
    this.layOut(lines, widths, 0, lines.length, 0);
    return lines.map((line, index) => render(line, widths[index] ?? [])).join('\n');
  }

  /** Gives every cell of `column` in lines [from, to) its width, block by block, and goes on to the right within each block. */
  private layOut(lines: readonly Line[], widths: number[][], from: number, to: number, column: number): void {
    let start = from;
    while (start < to) {
      if (column >= cellCount(lines[start])) {
        start++;
        continue;
      }
      let end = start;
      let width = this.options.rememberWidths === true ? (this.remembered[column] ?? 0) : 0;
      width = Math.max(width, this.options.minWidth);
      while (end < to && column < cellCount(lines[end])) {
        width = Math.max(width, [...(lines[end]?.[column] ?? '')].length + this.options.padding);
        end++;
      }
      if (this.options.rememberWidths === true) this.remembered[column] = width;
      for (let i = start; i < end; i++) (widths[i] ??= [])[column] = width;
      this.layOut(lines, widths, start, end, column + 1);
      start = end;
    }
  }
}

/** Tab-terminated cells only. */
function cellCount(line: Line | undefined): number {
  return (line?.length ?? 1) - 1;
}

function render(line: Line, widths: readonly number[]): string {
  let out = '';
  line.forEach((cell, column) => {
    const width = column < line.length - 1 ? (widths[column] ?? 0) : 0;
    out += cell + ' '.repeat(Math.max(0, width - [...cell].length));
  });
  return out;
}

/** Aligns a whole text at once. */
export function tabulate(text: string, options: TabwriterOptions): string {
  let out = '';
  const writer = new Tabwriter((part) => (out += part), options);
  writer.write(text);
  writer.flush();
  return out;
}
