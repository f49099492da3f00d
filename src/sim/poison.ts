/** What differs between runs, engines or machines. Replaced in workers, so that a use of it fails loudly instead of silently breaking replay. */
const FUNCTIONS = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'requestAnimationFrame',
  'requestIdleCallback',
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'EventSource',
  'BroadcastChannel',
  'MessageChannel',
  'Worker',
  'SharedWorker',
] as const;
const OBJECTS = ['performance', 'crypto', 'Intl', 'indexedDB', 'caches', 'navigator'] as const;
const MATH = [
  'random',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'atan2',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
  'exp',
  'expm1',
  'log',
  'log2',
  'log10',
  'log1p',
  'pow',
  'cbrt',
  'hypot',
] as const;
const METHODS: readonly (readonly [object, string])[] = [
  [String.prototype, 'localeCompare'],
  [String.prototype, 'toLocaleLowerCase'],
  [String.prototype, 'toLocaleUpperCase'],
  [Number.prototype, 'toLocaleString'],
  [BigInt.prototype, 'toLocaleString'],
  [Array.prototype, 'toLocaleString'],
];

/** Call after everything that is spared has been captured. */
export function poisonGlobals(): void {
  for (const name of FUNCTIONS) replace(globalThis, name, banned(name));
  for (const name of MATH) replace(Math, name, banned(`Math.${name}`));
  for (const [owner, name] of METHODS) replace(owner, name, banned(name));
  for (const name of OBJECTS) replace(globalThis, name, bannedObject(name));
  const date = banned('Date');
  // `instanceof Date` in libraries stays harmless.
  date.prototype = Date.prototype;
  Object.assign(date, { now: banned('Date.now'), parse: banned('Date.parse'), UTC: Date.UTC });
  replace(globalThis, 'Date', date);
}

function replace(owner: object, name: string, value: unknown): void {
  if (!(name in owner)) return;
  Object.defineProperty(owner, name, { value, writable: false, configurable: true, enumerable: false });
}

function banned(name: string): { (): never; prototype: unknown } {
  return function forbidden(): never {
    throw new Error(`${name} is not deterministic and banned here; use env`);
  };
}

function bannedObject(name: string): object {
  return new Proxy(
    {},
    {
      get(_, key) {
        if (typeof key === 'symbol') return undefined;
        throw new Error(`${name}.${key} is not deterministic and banned here; use env`);
      },
    },
  );
}
