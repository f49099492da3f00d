import type { Context } from './command.ts';
import { nameLine } from './output.ts';
import { select, visit } from './selection.ts';
import type { SelectionOptions } from './selection.ts';
import type { Obj } from './server.ts';

/** Reads what a command names, so that a missing object is told before anything else; `each` may look at it. */
export async function visitProbe(
  context: Context,
  options: SelectionOptions,
  each: (object: Obj, line: string) => void = () => undefined,
): Promise<void> {
  await visit(context, await select(context, options), options, (object) => {
    each(object, nameLine(object));
    return Promise.resolve();
  });
}
