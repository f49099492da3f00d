// Replays recorded raw exchanges with a real server.
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { GOLDEN, judge, report } from '../../api/golden-scores.testing.ts';
import type { Harness, Parsed } from './harness.testing.ts';
import { createHarness, servedByHarness } from './harness.testing.ts';
import { isObject, stableStringify } from '../../lib/json.ts';
import { SECOND } from '../../lib/time.ts';

const FILE = new URL('09-http.jsonl', GOLDEN);

interface Row {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly reqHeaders: Readonly<Record<string, string>>;
  readonly reqBody: string | null;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a replay cannot have equal: what a clock, a random source or field managers made, and texts of documentation. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value === 'string') return normalText(value);
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === 'description') continue;
    if (key === 'managedFields' && Array.isArray(member)) {
      const entries = member.filter((entry) => !isObject(entry) || !isElsewhere(entry));
      if (entries.length > 0) result[key] = entries.map(normal);
      continue;
    }
    if (key === 'continue' || key === 'token' || key === 'remainingItemCount') result[key] = '…';
    else
      result[key] =
        key === 'cells' && Array.isArray(member)
          ? member.map((cell) => (typeof cell !== 'string' ? cell : /^\d+s$/.test(cell) ? 'AGE' : normalText(cell)))
          : normal(member);
  }
  return result;
}

/** Made by programs that the recording had and this test has not. */
function isElsewhere({ manager, subresource }: Record<string, unknown>): boolean {
  if (manager === undefined || subresource === 'status') return true;
  return manager === 'kube-scheduler' || manager === 'kube-controller-manager' || subresource === 'token';
}

function normalText(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replaceAll(/X509SHA256=[0-9a-f]{64}/g, 'X509SHA256=…')
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-xxxxx')
    .replaceAll(/\bg-[a-z0-9]{5}\b/g, 'g-xxxxx')
    .replaceAll(/(current: |\(|resourceVersion\W+)\d+/g, '$1N')
    .replaceAll(/^\d+$/g, 'N');
}

function comparable(text: string, status: number): string {
  const lines = text.split('\n').filter((line) => line !== '');
  try {
    const values =
      lines.length > 1 && lines.every((line) => line.startsWith('{'))
        ? lines.map((line): unknown => JSON.parse(line))
        : [JSON.parse(text)];
    return values.map((value) => stableStringify(normal(value))).join('\n');
  } catch {
    return status === 200 && text.startsWith('apiVersion:')
      ? normalText(text.replace(/ {2}managedFields:\n([\s\S]*?)(?= {2}name:)/, ''))
      : normalText(text);
  }
}

/** Learns what our server chose where the real one chose something else. */
function learn(theirs: unknown, ours: unknown, names: Map<string, string>): void {
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    for (const [i, each] of theirs.entries()) learn(each, ours[i], names);
  } else if (isObject(theirs) && isObject(ours)) {
    for (const [key, value] of Object.entries(theirs)) {
      const mine = ours[key];
      if (
        ['uid', 'resourceVersion', 'continue', 'creationTimestamp'].includes(key) &&
        typeof value === 'string' &&
        typeof mine === 'string'
      )
        names.set(value, mine);
      else learn(value, mine, names);
    }
  }
}

function translate(text: string, names: ReadonlyMap<string, string>): string {
  let result = text;
  for (const [theirs, ours] of names) {
    if (theirs.length > 3)
      result = result.replaceAll(new RegExp(`(?<![0-9A-Za-z])${theirs}(?![0-9A-Za-z])`, 'g'), ours);
  }
  return result;
}

async function watchText(
  harness: Harness,
  path: string,
  headers: Readonly<Record<string, string>>,
  during: () => Promise<void>,
): Promise<{ status: number; text: string }> {
  const run = await harness.watch(path, headers);
  await during();
  await harness.advance(4 * SECOND);
  const [first] = run.events as Parsed[];
  if (first !== undefined && first.status !== undefined)
    return { status: first.status, text: JSON.stringify(first.body) };
  return { status: 200, text: run.events.map((event) => JSON.stringify(event)).join('\n') };
}

async function replay(harness: Harness, rows: readonly Row[]): Promise<ReadonlySet<Row>> {
  const names = new Map<string, string>();
  let token = '';
  const missed: string[] = [];
  const right = new Set<Row>();
  for (const row of rows) {
    const headers = Object.fromEntries(
      Object.entries(row.reqHeaders).map(([key, value]) => [key.toLowerCase(), value]),
    );
    if (/^(anon|bad token|sa token)/.test(row.name)) headers['x-remote-user'] = '';
    const authorization = headers['authorization'];
    if (authorization !== undefined) headers['authorization'] = authorization.replace('<JWT>', token);
    const path = translate(row.path, names);
    const got = path.includes('watch=1')
      ? await watchText(harness, path, headers, () => (row.name === 'watch' ? churn(harness) : Promise.resolve()))
      : await harness.call(
          row.method,
          path,
          row.reqBody === null ? undefined : translate(row.reqBody, names).replace('<JWT>', token),
          headers,
        );
    const [ours, theirs] = [comparable(got.text, got.status), comparable(row.body, row.status)];
    try {
      learn(JSON.parse(row.body), JSON.parse(got.text), names);
    } catch {
      // Streams and plain texts teach nothing.
    }
    if (row.name === 'token') token = (JSON.parse(got.text) as Parsed).status.token;
    if (row.name === 'ns create') await controllersWould(harness);
    if (row.name === 'pod create') await harness.advance(SECOND);
    if (got.status === row.status && ours === theirs) right.add(row);
    else
      missed.push(
        `${row.name}: ${got.status} (${row.status})\n  ours   ${ours.slice(0, 1500)}\n  theirs ${theirs.slice(0, 1500)}`,
      );
  }
  report('http', missed);
  return right;
}

/** What the controllers of a real cluster had put into the namespace. */
async function controllersWould(harness: Harness): Promise<void> {
  await harness.call('POST', '/api/v1/namespaces/g9/serviceaccounts', { metadata: { name: 'default' } });
  const annotations = {
    'kubernetes.io/description':
      'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
  };
  const certificate =
    /"ca\.crt":"((?:[^"\\]|\\.)*)"/.exec(readFileSync(FILE, 'utf8').replaceAll('\\"', '"'))?.[1] ?? '';
  const data = { 'ca.crt': JSON.parse(`"${certificate.replaceAll('\\\\n', '\\n')}"`) as string };
  await harness.call('POST', '/api/v1/namespaces/g9/configmaps', {
    metadata: { name: 'kube-root-ca.crt', annotations },
    data,
  });
}

async function churn(harness: Harness): Promise<void> {
  const path = '/api/v1/namespaces/g9/configmaps';
  await harness.call('POST', path, { metadata: { name: 'w1' } });
  await harness.call('PATCH', `${path}/w1`, { data: { q: '1' } }, { 'content-type': 'application/merge-patch+json' });
  await harness.call('DELETE', `${path}/w1`);
}

describe.skipIf(!existsSync(FILE))('recorded exchanges', () => {
  it('are answered as by the real server', async () => {
    const rows = readFileSync(FILE, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
    const harness = await createHarness({ flags: ['--authorization-mode=Node,RBAC'] });
    const kinds = await servedByHarness(harness);
    const right = await replay(harness, rows);
    judge(
      '09-http',
      'raw HTTP',
      rows.map((row) => ({
        exact: right.has(row),
        exactOnBuilt: right.has(row),
        missing: kinds.missingInPath(row.path),
      })),
    );
  }, 60_000);
});
