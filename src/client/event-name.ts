import { dns1123Subdomain } from '../api/names.ts';
import { uuidText } from '../lib/uuid.ts';
import type { Env } from '../sim/env.ts';

/** The name of an event about an object. One whose own name is too long for that, or no name of an event at all, lends it none. Models client-go's util.GenerateEventName. */
export function eventName(env: Env, about: string, nanos: bigint): string {
  const time = nanos.toString(16);
  const name = `${about}.${time}`;
  return dns1123Subdomain(name).length === 0 ? name : `${uuidText(env.random.hex(32))}.${time}`;
}
