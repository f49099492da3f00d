import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Who may import whom. A folder may always import itself; everything else must be listed. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  sim: ['lib'],
  api: ['lib'],
  client: ['lib', 'sim', 'api'],
  unix: ['lib', 'sim'],
  'control-plane/*': ['lib', 'sim', 'api', 'client'],
  'node/*': ['lib', 'sim', 'api', 'client', 'unix'],
  'addons/*': ['lib', 'sim', 'api', 'client'],
  'cli/*': ['lib', 'sim', 'api', 'client', 'unix', 'cli/text'],
  cluster: ['lib', 'sim', 'api', 'client', 'unix', 'control-plane/*', 'node/*', 'addons/*', 'cli/*'],
  gateway: ['lib', 'sim', 'api', 'client', 'cluster'],
  ui: ['lib', 'sim', 'api', 'client', 'cluster', 'cli/kubectl'],
};

/** One program's parts in several folders, which share a process or a data table and no more. */
const alsoAllowed: ReadonlySet<string> = new Set([
  'node/registry -> node/runtime', // the catalogue of images is data of the images
  'cli/terminal -> cli/kubectl',
  'ui -> cli/terminal', // the sample manifests, which are plain text
  'cli/terminal -> cli/etcdctl',
  'cli/terminal -> cli/crictl',
  'cli/terminal -> cli/ssh',
  'cli/ssh -> cli/etcdctl',
  'cli/ssh -> cli/crictl',
]);

const banned: readonly (readonly [RegExp, string])[] = [
  [/\bMath\.random\b|\bcrypto\.(randomUUID|getRandomValues|subtle)\b/, 'env.random'],
  [/\bDate\.now\b|\bnew Date\b|\bperformance\.now\b/, 'env.now() and lib/time'],
  [/\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/, 'env.after() or env.spawn()'],
  [/(?<![.#])\bfetch\(|\bWebSocket\b|\bXMLHttpRequest\b/, 'the simulated network'],
  [/\.localeCompare\(|\btoLocale\w+\(|\bIntl\./, 'compareStrings from lib/order'],
  [
    /\bMath\.(sin|cos|tan|asin|acos|atan2?|sinh|cosh|tanh|exp|expm1|log|log2|log10|log1p|pow|cbrt|hypot)\b|[\w)\]] \*\* /,
    'integers: these differ between engines',
  ],
];
/** Where the wall clock is the subject: pacing of the hub, and the placements that wait for real workers. */
const wallClock = /^(sim\/(pacing|placement\/|session|hub|poison|worker-main|quiescence)|cluster\/(bench|fuzz\.ts))/;

const src = dirname(new URL(import.meta.url).pathname);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const groups = new Set(['control-plane', 'node', 'addons', 'cli']);
function layer(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return groups.has(first) ? `${first}/${second}` : first;
}
const rule = (name: string) => (name.includes('/') ? `${name.split('/')[0] ?? ''}/*` : name);

function importErrors(path: string, text: string): string[] {
  const from = layer(relative(src, path));
  const errors: string[] = [];
  for (const match of text.matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)) {
    const to = layer(relative(src, normalize(join(dirname(path), match[1] ?? ''))));
    const allowed = mayImport[rule(from)] ?? [];
    if (to === from || allowed.includes(to) || allowed.includes(rule(to)) || alsoAllowed.has(`${from} -> ${to}`))
      continue;
    errors.push(`${relative(src, path)}: ${from} must not import ${to} (${match[1] ?? ''})`);
  }
  return errors;
}

const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');

function bannedErrors(path: string, text: string): string[] {
  const place = relative(src, path);
  if (/^(ui|gateway)\//.test(place) || wallClock.test(place)) return [];
  return withoutComments(text)
    .split('\n')
    .flatMap((line) => {
      const code = line.replace(
        /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?![/*\s])(?:[^/\\\n]|\\.)+\/[gimsuy]*/g,
        "''",
      );
      return banned
        .filter(([pattern]) => pattern.test(code))
        .map(([, instead]) => `${place}: ${line.trim()}: use ${instead}`);
    });
}

describe('the architecture', () => {
  const files = sources(src).filter((path) => !/\.test\.tsx?$/.test(path) && !path.endsWith('.gen.ts'));
  const texts = files.map((path) => [path, readFileSync(path, 'utf8')] as const);

  it('imports go one way', () => {
    expect(texts.flatMap(([path, text]) => importErrors(path, text))).toEqual([]);
  });

  it('nothing below the page reads the wall clock, draws random numbers or leaves the simulated network', () => {
    expect(
      texts.filter(([path]) => !/\/main\.ts$/.test(path)).flatMap(([path, text]) => bannedErrors(path, text)),
    ).toEqual([]);
  });

  it('has no default exports, enums or escapes from the type system', () => {
    const patterns: readonly RegExp[] = [
      /^export default /m,
      /^\s*(export )?(const )?enum /m,
      /\bas any\b|: any\b/,
      /@ts-(ignore|nocheck)/,
    ];
    const errors = texts.flatMap(([path, text]) =>
      patterns
        .filter((pattern) => pattern.test(withoutComments(text)))
        .map((pattern) => `${relative(src, path)}: ${pattern.source}`),
    );
    expect(errors).toEqual([]);
  });

  it('sees a violation when there is one', () => {
    expect(importErrors(join(src, 'lib/heap.ts'), "import { x } from '../sim/env.ts';")).toHaveLength(1);
    expect(
      importErrors(join(src, 'node/kubelet/a.ts'), "import { x } from '../../control-plane/etcd/x.ts';"),
    ).toHaveLength(1);
    expect(bannedErrors(join(src, 'node/kubelet/a.ts'), 'const t = Date.now();')).toHaveLength(1);
    expect(bannedErrors(join(src, 'node/kubelet/a.ts'), "// Date.now() is banned\nconst t = 'Date.now';")).toEqual([]);
  });
});
