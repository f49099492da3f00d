/** Tables with frames, as etcdctl's `-w table` draws them (Models olekukonko/tablewriter: centred heads, numbers to the right). */
export function asciiTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const line = (cells: readonly string[], align: (cell: string, width: number) => string) =>
    `|${widths.map((width, column) => ` ${align(cells[column] ?? '', width)} `).join('|')}|`;
  return [rule, line(head, centre), rule, ...rows.map((row) => line(row, side)), rule].join('\n') + '\n';
}

function centre(text: string, width: number): string {
  const room = width - text.length;
  const left = Math.floor(room / 2);
  return ' '.repeat(left) + text + ' '.repeat(room - left);
}

const isNumber = (text: string) => /^-?\d+(\.\d+)?%?$/.test(text);
const side = (text: string, width: number) => (isNumber(text) ? text.padStart(width) : text.padEnd(width));
