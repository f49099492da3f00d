import type { Context } from './command.ts';
import { ageText } from './describe/writer.ts';
import { list, nameOf, str } from './object.ts';
import type { Obj } from './server.ts';

/** The table that kubectl makes itself of what no server made one of: names and ages. */
export function plainTable(context: Context, page: Obj): Obj {
  if (str(page, 'kind') === 'Table') return page;
  const objects = Array.isArray(page['items']) ? list(page, 'items') : [page];
  return {
    kind: 'Table',
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name' },
      { name: 'Age', type: 'string' },
    ],
    rows: objects.map((object) => ({
      cells: [nameOf(object), ageText(context, str(object, 'metadata', 'creationTimestamp'))],
      object,
    })),
  };
}
