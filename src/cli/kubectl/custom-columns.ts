import { goValue } from '../text/go-value.ts';
import { CliError } from './errors.ts';
import { JsonPathError, findResults, parseJsonPath, relaxedPath } from './jsonpath.ts';
import type { PathNode } from './jsonpath-parse.ts';
import type { Obj } from './server.ts';

export interface CustomColumn {
  readonly header: string;
  readonly path: readonly PathNode[];
}

/** Reads `NAME:.metadata.name,NODE:.spec.nodeName`. Models get.NewCustomColumnsPrinterFromSpec. */
export function parseCustomColumns(spec: string): readonly CustomColumn[] {
  if (spec === '') throw new CliError('custom-columns format specified but no custom columns given');
  return splitTopLevel(spec).map((part) => {
    const colon = part.indexOf(':');
    if (colon < 0) throw new CliError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, colon), path: columnPath(part.slice(colon + 1)) };
  });
}

/** A file's first line holds the headers, the second the paths under them. */
export function parseColumnsTemplate(text: string): readonly CustomColumn[] {
  const [headers, paths] = text.split('\n').map((line) =>
    line
      .trim()
      .split(/\s+/)
      .filter((word) => word !== ''),
  );
  if (headers === undefined || paths === undefined)
    throw new CliError(`unexpected format, expected a header line and a template line`);
  if (headers.length !== paths.length) {
    throw new CliError(`number of headers (${headers.length}) and field specifications (${paths.length}) don't match`);
  }
  return headers.map((header, index) => ({ header, path: columnPath(paths[index] ?? '') }));
}

function columnPath(expression: string): readonly PathNode[] {
  try {
    return parseJsonPath(relaxedPath(expression));
  } catch (error) {
    if (error instanceof JsonPathError) throw new CliError(error.message);
    throw error;
  }
}

/** Commas inside brackets and quotes belong to a path. */
function splitTopLevel(spec: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const char of spec) {
    if (char === '[' || char === '(') depth++;
    else if (char === ']' || char === ')') depth--;
    if (char === ',' && depth <= 0) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
}

export function columnsRow(columns: readonly CustomColumn[], object: Obj): string {
  return columns
    .map(({ path }) => {
      try {
        const values = findResults(path, object, { allowMissingKeys: true })[0] ?? [];
        return values.length === 0 ? '<none>' : values.map((value) => goValue(value)).join(',');
      } catch (error) {
        if (error instanceof JsonPathError) throw new CliError(error.message);
        throw error;
      }
    })
    .join('\t');
}

export function columnsHeader(columns: readonly CustomColumn[]): string {
  return columns.map((column) => column.header).join('\t');
}
