import type { Context } from './command.ts';
import { MILLISECOND } from '../../lib/time.ts';

/** An address that cannot be had is told within this time. */
const BIND_TIME = 2 * MILLISECOND;

/** Linux's default range of ports that nobody chose. */
const FIRST_PORT = 32_768;
const PORTS = 28_232;

/** Binds by `open`, which calls its argument when the address is refused; gives the reason, or undefined when it is bound. */
export async function bind(
  context: Context,
  open: (refused: (reason: string) => void) => void,
): Promise<string | undefined> {
  let problem: string | undefined;
  open((reason) => (problem = reason));
  await context.io.sleep(BIND_TIME);
  return problem;
}

export function anyPort(context: Context): number {
  return FIRST_PORT + context.io.pick(PORTS);
}
