// The faults that kubectl's transcripts show: several at once, in upstream's order.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isObject, stableStringify } from '../lib/json.ts';
import { decodeBody } from './decode-request.ts';
import { inject } from './golden-admission.testing.ts';
import type { KubeObject } from './meta.ts';
import { kindOf } from './scheme.ts';
import { ApiError } from './status.ts';
import { prepareForCreate, validateCreate, withDefaults } from './strategy/index.ts';

const FILE = new URL('../../../shared/reference/golden/05-errors.jsonl', import.meta.url);

interface Row {
  readonly argv?: readonly string[];
  readonly stdin?: string;
  readonly stderr?: string;
}

function readYaml(text: string): unknown {
  try {
    return parse(text, { version: '1.1' }) as unknown;
  } catch {
    return undefined;
  }
}

/** As kubectl words what the server answers. */
function answer(body: Record<string, unknown>): string {
  const kind = kindOf(body);
  if (kind === undefined) return 'not served';
  try {
    const { object } = decodeBody(stableStringify(body), kind, 'Strict');
    if (kind.namespaced) Object.assign(object.metadata, { namespace: object.metadata.namespace ?? 'g5' });
    const prepared: KubeObject = prepareForCreate(kind, inject(kind, withDefaults(kind, object)));
    const problem = validateCreate(kind, prepared);
    if (problem !== undefined) throw problem;
    return '';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.reason !== 'Invalid')
      return `Error from server (${error.reason}): error when creating "STDIN": ${error.message}`;
    const causes = [
      ...new Set((error.status.details?.causes ?? []).map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`)),
    ];
    const list = causes.length === 1 ? ` ${causes[0] ?? ''}` : ` \n${causes.map((cause) => `* ${cause}`).join('\n')}`;
    return `The ${kind.kind} "${error.status.details?.name ?? ''}" is invalid:${list}`;
  }
}

describe.skipIf(!existsSync(FILE))('faults in transcripts of kubectl', () => {
  it('are answered in the same words', () => {
    const rows = readFileSync(FILE, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    const wrong: string[] = [];
    let all = 0;
    for (const { argv = [], stdin, stderr = '' } of rows) {
      if (stdin === undefined || !/ is invalid|BadRequest/.test(stderr) || argv.includes('-n')) continue;
      const body = readYaml(stdin);
      if (!isObject(body) || kindOf(body) === undefined) continue;
      all++;
      const have = answer(body);
      if (have !== stderr.trim()) wrong.push(`want ${stderr.trim()}\nhave ${have}`);
    }
    console.log(`faults in transcripts: ${all - wrong.length}/${all}`);
    if (process.env['SHOW'] !== undefined) console.log(wrong.join('\n'));
    expect((all - wrong.length) / all).toBeGreaterThanOrEqual(0.85);
  });
});
