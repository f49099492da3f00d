// Defaults as data: a path and what stands there when nothing does. `x[]` means every item of the list x.

export type Defaults = readonly (readonly [path: string, value: unknown])[];

/** Sets what is missing where its parent exists. */
export function applyDefaults(object: unknown, defaults: Defaults): void {
  for (const [path, value] of defaults) setDefault(object, path.split('.'), value);
}

function setDefault(at: unknown, path: readonly string[], value: unknown): void {
  const [head = '', ...rest] = path;
  if (typeof at !== 'object' || at === null) return;
  const record = at as Record<string, unknown>;
  if (head.endsWith('[]')) {
    const list = record[head.slice(0, -2)];
    if (Array.isArray(list)) for (const item of list) setDefault(item, rest, value);
  } else if (rest.length > 0) setDefault(record[head], rest, value);
  else record[head] ??= typeof value === 'object' && value !== null ? structuredClone(value) : value;
}

/** The same defaults below a path. */
export function below(path: string, defaults: Defaults): Defaults {
  return defaults.map(([suffix, value]) => [`${path}.${suffix}`, value]);
}
