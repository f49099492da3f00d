// Replays recorded faults through the whole request path.
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { GOLDEN, judge, report, type Answer } from '../../api/golden-scores.testing.ts';
import type { Harness, Parsed } from './harness.testing.ts';
import { createHarness, servedByHarness } from './harness.testing.ts';

const FILE = new URL('errors.jsonl', GOLDEN);

interface Request {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body: unknown;
  readonly optional?: boolean;
  readonly thenWaitSeconds?: number;
}

interface Row extends Request {
  readonly name: string;
  readonly status: number;
  readonly response: Parsed;
  readonly accepted: boolean;
  readonly before?: readonly Request[];
}

async function send(
  harness: Harness,
  { method, path, body, contentType }: Request,
): Promise<{ status: number; body: Parsed }> {
  const headers: Record<string, string> =
    contentType === undefined || contentType === null ? {} : { 'content-type': contentType };
  return harness.call(method, path, body === null ? undefined : (body as object), headers);
}

async function prepared(): Promise<Harness> {
  const harness = await createHarness();
  await harness.call('POST', '/api/v1/namespaces', { metadata: { name: 'err' } });
  await harness.call('POST', '/api/v1/namespaces/err/serviceaccounts', { metadata: { name: 'default' } });
  return harness;
}

async function failureOf(row: Row): Promise<string | undefined> {
  const harness = await prepared();
  for (const request of row.before ?? []) {
    await send(harness, request);
    if (request.path === '/api/v1/namespaces') {
      const { name } = (request.body as { metadata: { name: string } }).metadata;
      await harness.call('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
    }
  }
  const got = await send(harness, row);
  if (got.status !== row.status)
    return `status ${got.status}, not ${row.status}: ${got.body?.message ?? ''} (not ${row.response?.message ?? ''})`;
  if (row.accepted || row.status < 300) return undefined;
  if (got.body.reason !== row.response.reason) return `reason ${got.body.reason}, not ${row.response.reason}`;
  return normal(got.body.message) === normal(row.response.message)
    ? undefined
    : `message\n    ${got.body.message}\n    ${row.response.message}`;
}

/** Generated names and addresses differ. */
function normal(message: string): string {
  return message
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-xxxxx')
    .replaceAll(/10\.\d+\.\d+\.\d+/g, '10.x')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/"Bad_[a-z0-9]{5}"/g, '"Bad_xxxxx"');
}

describe.skipIf(!existsSync(FILE))('recorded faults', () => {
  it('are answered as by the real server', async () => {
    const rows = readFileSync(FILE, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
    const kinds = await servedByHarness(await createHarness());
    const missed: string[] = [];
    const answers: Answer[] = [];
    for (const row of rows) {
      const paths = [row.path, ...(row.before ?? []).map(({ path }) => path)];
      const missing = paths.map((path) => kinds.missingInPath(path)).find((kind) => kind !== undefined);
      const failure = missing === undefined ? await failureOf(row) : '';
      if (missing === undefined && failure !== undefined) missed.push(`${row.name}: ${failure.slice(0, 300)}`);
      const exact = failure === undefined;
      answers.push({ exact, exactOnBuilt: exact, missing });
    }
    report('errors', missed);
    judge('errors', 'raw HTTP', answers);
  }, 120_000);
});
