import type { GoldenResult } from './golden-runner.testing.ts';

/** One step of a recorded story. */
export type GoldenStep =
  { readonly setup: string } | ({ readonly argv: readonly string[]; readonly stdin?: string } & GoldenResult);

export type Category = 'get' | 'describe' | 'errors' | 'rest';
export const CATEGORIES: readonly Category[] = ['get', 'describe', 'errors', 'rest'];

export function parseSteps(text: string): GoldenStep[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as GoldenStep);
}

export function categoryOf(step: { readonly argv: readonly string[] } & GoldenResult): Category {
  if (step.exit !== 0) return 'errors';
  const verb = step.argv[1];
  return verb === 'get' || verb === 'events' ? 'get' : verb === 'describe' ? 'describe' : 'rest';
}

/** Tokens that cannot be the same on two clusters: what they stand for is kept, and so is every line. */
const TOKENS: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/(?:fakeRuntime|containerd):\/\/[^\s"]+/g, '<container>'],
  [/(resourceVersion"?: )"\d+"/g, '$1"<version>"'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
  [/(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, '<date>'],
  [/\b(?:192\.168\.192\.168|192\.0\.2\.\d+|10\.244\.\d+\.\d+(?!\.?\d*\/)|10\.0\.0\.\d+)\b/g, '<ip>'],
  [/\bhollow-node-\d\b/g, 'hollow-node-N'],
  [/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-<x>'],
  [/\b((?:spread|fill|web)-)[a-z0-9]{6,10}-[a-z0-9]{5}\b/g, '$1<hash>-<x>'],
  [/\b(gen-)[a-z0-9]{5}\b/g, '$1<x>'],
  [/\.[0-9a-f]{16}\b/g, '.<stamp>'],
  [/\bv1\.35\.\d+\b/g, '<release>'],
  [/\b(?:\d+[dhms]){1,2}\b/g, '<age>'],
];

export function normalise(text: string): string {
  let out = text;
  for (const [pattern, token] of TOKENS) out = out.replace(pattern, token);
  return out
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, '  ').replace(/-{2,}/g, '--').trimEnd())
    .join('\n');
}

/** Share of equal lines, in order: 1 for the same text. */
export function lineScore(expected: string, actual: string): number {
  const [a, b] = [expected.split('\n'), actual.split('\n')];
  let previous = new Array<number>(b.length + 1).fill(0);
  for (const line of a) {
    const row = [0];
    b.forEach((other, j) =>
      row.push(line === other ? (previous[j] ?? 0) + 1 : Math.max(previous[j + 1] ?? 0, row[j] ?? 0)),
    );
    previous = row;
  }
  return (previous[b.length] ?? 0) / Math.max(a.length, b.length);
}

export interface Scored {
  readonly category: Category;
  readonly command: string;
  readonly exact: boolean;
  readonly lines: number;
  readonly expected: string;
  readonly actual: string;
}

export function score(step: { readonly argv: readonly string[] } & GoldenResult, actual: GoldenResult): Scored {
  const whole = (result: GoldenResult): string =>
    normalise(`${result.stdout}\n--stderr--\n${result.stderr}\n--exit ${result.exit}--`);
  const [expected, got] = [whole(step), whole(actual)];
  return {
    category: categoryOf(step),
    command: step.argv.join(' '),
    exact: expected === got,
    lines: lineScore(expected, got),
    expected,
    actual: got,
  };
}

/** What tells that a kind was asked for that this cluster does not serve. */
const MISSING: readonly RegExp[] = [
  /no matches for kind "(\w+)"/,
  /the server doesn't have a resource type "([\w.]+)"/,
  /^kubectl create (job|cronjob|quota|role|clusterrole|rolebinding|clusterrolebinding|ingress|poddisruptionbudget|pdb)\b/,
];

/** The kind whose absence made the answer differ, if that is the reason. */
export function missingKind({ exact, command, expected, actual }: Scored): string | undefined {
  if (exact) return undefined;
  for (const pattern of MISSING) {
    const found = pattern.exec(actual) ?? pattern.exec(command);
    if (found !== null && !expected.includes(found[0])) return found[1];
  }
  return undefined;
}
