import { isQuantity, quantityMilliValue } from '../../api/quantity.ts';
import { at, list } from './object.ts';
import { CliError } from './errors.ts';
import { firstOf, JsonPathError, parseJsonPath, relaxedPath } from './jsonpath.ts';
import type { Obj } from './server.ts';

/** `--sort-by`. Models kubectl/pkg/cmd/get/sorter.go. */
export function sortObjects(items: readonly Obj[], field: string): Obj[] {
  const key = keyOf(field);
  if (items.length > 0 && items.every((item) => key(item) === undefined)) {
    throw new CliError(
      `couldn't find any field with path ${JSON.stringify(relaxedPath(field))} in the list of objects`,
    );
  }
  return stableSort(items, key);
}

/** One table with all rows, ordered by the objects behind them. Rows of which none has the field are not shown: upstream's printer fails then, and nobody hears of it. */
export function sortRows(tables: readonly Obj[], field: string): Obj[] {
  const [first] = tables;
  if (first === undefined) return [];
  const key = keyOf(field);
  const all = tables.flatMap((table) => list(table, 'rows'));
  const valueOf = (row: Obj): unknown => key(at(row, 'object'));
  if (all.length > 1 && all.every((row) => valueOf(row) === undefined)) return [{ ...first, rows: [] }];
  return [{ ...first, rows: stableSort(all, valueOf) }];
}

function keyOf(field: string): (object: unknown) => unknown {
  try {
    const path = parseJsonPath(relaxedPath(field));
    return (object) => {
      try {
        return firstOf(path, object);
      } catch (error) {
        if (error instanceof JsonPathError) return undefined;
        throw error;
      }
    };
  } catch (error) {
    if (error instanceof JsonPathError) throw new CliError(error.message);
    throw error;
  }
}

function stableSort<T>(items: readonly T[], key: (item: T) => unknown): T[] {
  const keyed = items.map((item) => ({ item, value: key(item) }));
  keyed.sort((a, b) => compare(a.value, b.value));
  return keyed.map(({ item }) => item);
}

function compare(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [String(a), String(b)];
  const [p, q] = [quantity(x), quantity(y)];
  if (p !== undefined && q !== undefined) return p < q ? -1 : p > q ? 1 : 0;
  return naturalCompare(x, y);
}

function quantity(text: string): number | undefined {
  if (!isQuantity(text)) return undefined;
  return quantityMilliValue(text);
}

/** Numbers inside texts compare as numbers. Models vbom.ml/util/sortorder. */
function naturalCompare(a: string, b: string): number {
  const [x, y] = [a.match(/\d+|\D/g) ?? [], b.match(/\d+|\D/g) ?? []];
  for (let i = 0; i < x.length && i < y.length; i++) {
    const [p = '', q = ''] = [x[i], y[i]];
    if (p === q) continue;
    if (/^\d/.test(p) && /^\d/.test(q) && Number(p) !== Number(q)) return Number(p) - Number(q);
    return p < q ? -1 : 1;
  }
  return x.length - y.length;
}
