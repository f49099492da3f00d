import type { Context } from '../../command.ts';
import { str } from '../../object.ts';
import type { Obj } from '../../server.ts';

/** Whether --containers means this one. */
export function chosen(context: Context, container: Obj): boolean {
  const pattern = context.flags.string('containers');
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(
    str(container, 'name'),
  );
}
