import { configMapKey } from '../../../../api/names.ts';
import type { Context } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { FlagSpec } from '../../flags.ts';
import { goQuote } from '../../../text/go-quote.ts';

export const HASH_FLAG: FlagSpec = {
  name: 'append-hash',
  type: 'bool',
  fallback: 'false',
  usage: 'Add a hash of the content to the name.',
};

export const SOURCE_FLAGS: readonly FlagSpec[] = [
  { name: 'from-literal', type: 'array', usage: 'A key and its value: key=value.' },
  { name: 'from-file', type: 'slice', usage: 'A file, a directory, or key=file.' },
  { name: 'from-env-file', type: 'slice', usage: 'A file with lines of key=value.' },
  HASH_FLAG,
];

/** Keys and values as the flags give them. Models kubectl/pkg/cmd/create's handling of sources. */
export function keyValues(context: Context, kind: string): Record<string, string> {
  const values: Record<string, string> = {};
  const add = (key: string, value: string): void => {
    const problems = configMapKey(key);
    if (problems.length > 0)
      throw new CliError(
        `${goQuote(key)} is not valid key name for a ${kind === 'configmap' ? 'ConfigMap' : 'Secret'}: ${problems.join(';')}`,
      );
    if (Object.hasOwn(values, key))
      throw new CliError(
        kind === 'configmap'
          ? `cannot add key ${goQuote(key)}, another key by that name already exists in Data for ConfigMap ${goQuote(context.args[0] ?? '')}`
          : `cannot add key ${key}, another key by that name already exists`,
      );
    values[key] = value;
  };
  const env = context.flags.list('from-env-file');
  if (env.length > 0 && (context.flags.list('from-file').length > 0 || context.flags.list('from-literal').length > 0)) {
    throw new CliError('from-env-file cannot be combined with from-file or from-literal');
  }
  for (const source of context.flags.list('from-file')) fromFile(context, source, add);
  for (const literal of context.flags.list('from-literal')) {
    const equals = literal.indexOf('=');
    if (equals <= 0) throw new CliError(`invalid literal source ${literal}, expected key=value`);
    add(literal.slice(0, equals), literal.slice(equals + 1));
  }
  for (const path of env) fromEnvFile(context, path, add);
  return values;
}

type Add = (key: string, value: string) => void;

function fromFile(context: Context, source: string, add: Add): void {
  const parts = source.split('=');
  if (parts.length > 2) throw new CliError("key names or file paths cannot contain '='");
  const path = parts.at(-1) ?? '';
  const key = parts.length === 2 ? (parts[0] ?? '') : (path.split('/').at(-1) ?? '');
  if (path === '' || key === '')
    throw new CliError(
      `${path === '' ? 'file path' : 'key name'} for ${path === '' ? 'key name' : 'file path'} ${parts.join('') || source} missing`,
    );
  const text = context.io.files.read(path);
  if (text !== undefined) return add(key, text);
  const names = context.io.files.list(path);
  if (names === undefined) throw new CliError(`error reading ${path}: no such file or directory`);
  if (parts.length === 2) throw new CliError('cannot give a key name for a directory path');
  for (const name of [...names].sort()) {
    const inside = context.io.files.read(`${path.replace(/\/$/, '')}/${name}`);
    if (inside !== undefined) add(name, inside);
  }
}

function fromEnvFile(context: Context, path: string, add: Add): void {
  const text = context.io.files.read(path);
  if (text === undefined) throw new CliError(`error reading ${path}: no such file or directory`);
  for (const raw of text.split('\n')) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    if (equals > 0) add(line.slice(0, equals), line.slice(equals + 1));
  }
}
