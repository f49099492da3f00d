import { applyJsonPatch } from '../../api/patch/json-patch.ts';
import { applyMergePatch } from '../../api/patch/merge-patch.ts';
import { applyStrategicPatch } from '../../api/patch/strategic.ts';
import { isObject } from '../../lib/json.ts';
import { goQuote } from '../text/go-quote.ts';
import type { Context } from './command.ts';
import { CliError } from './errors.ts';
import type { FlagSpec } from './flags.ts';
import { str } from './object.ts';
import type { Obj } from './server.ts';

export const OVERRIDE_FLAGS: readonly FlagSpec[] = [
  { name: 'overrides', type: 'string', usage: 'JSON that changes the object before it is sent.' },
  { name: 'override-type', type: 'string', fallback: 'merge', usage: 'How: json, merge or strategic.' },
];

/** A made object as --overrides wants it. Models cmdutil.Overrider. */
export function overridden({ flags }: Context, object: Obj): Obj {
  const text = flags.string('overrides');
  const [type, kind] = [flags.string('override-type') || 'merge', str(object, 'kind')];
  if (text === '') return object;
  if (!['json', 'merge', 'strategic'].includes(type)) throw new CliError(`invalid override type: ${type}`);
  const patch = parsed(text, type);
  const result =
    type === 'json'
      ? applyJsonPatch(object, patch)
      : type === 'merge'
        ? applyMergePatch(object, patch)
        : applyStrategicPatch(object, patch as Obj, kind);
  if (str(result, 'kind') !== kind)
    throw new CliError(
      `no kind ${goQuote(str(result, 'kind'))} is registered for version ${goQuote(str(result, 'apiVersion'))} in scheme "pkg/scheme/scheme.go:28"`,
    );
  return result as Obj;
}

function parsed(text: string, type: string): unknown {
  try {
    const patch: unknown = JSON.parse(text);
    if (type === 'json' ? Array.isArray(patch) : isObject(patch)) return patch;
  } catch {
    // Not JSON at all.
  }
  throw new CliError('Invalid JSON Patch');
}
