import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isLinearizable, register } from './linearizable.ts';
import type { Operation, RegisterInput, RegisterOutput } from './linearizable.ts';

type History = Operation<RegisterInput, RegisterOutput>[];

const write = (value: string, called: number, returned: number): History[number] => ({
  input: { op: 'write', value },
  output: true,
  called,
  returned,
});
const read = (value: string, called: number, returned: number): History[number] => ({
  input: { op: 'read' },
  output: value,
  called,
  returned,
});
const cas = (from: string, to: string, output: boolean, called: number, returned: number): History[number] => ({
  input: { op: 'cas', from, to },
  output,
  called,
  returned,
});

describe('a register', () => {
  test.each<[string, History, boolean]>([
    ['reads what was written', [write('a', 0, 1), read('a', 2, 3)], true],
    ['must not read what is overwritten', [write('a', 0, 1), write('b', 2, 3), read('a', 4, 5)], false],
    ['may read either during a write', [write('a', 0, 1), write('b', 2, 9), read('a', 3, 4), read('b', 5, 6)], true],
    ['must not go back', [write('a', 0, 1), write('b', 2, 9), read('b', 3, 4), read('a', 5, 6)], false],
    [
      'may forget a write of unknown outcome',
      [write('a', 0, 1), { ...write('b', 2, Infinity), output: undefined }, read('a', 3, 4)],
      true,
    ],
    [
      'may see one late',
      [write('a', 0, 1), { ...write('b', 2, Infinity), output: undefined }, read('a', 3, 4), read('b', 5, 6)],
      true,
    ],
    ['changes once', [write('a', 0, 1), cas('a', 'b', true, 2, 5), cas('a', 'c', true, 3, 6)], false],
    [
      'refuses the second',
      [write('a', 0, 1), cas('a', 'b', true, 2, 5), cas('a', 'c', false, 3, 6), read('b', 7, 8)],
      true,
    ],
  ])('%s', (_, history, expected) => {
    expect(isLinearizable(register, history)).toBe(expected);
  });
});

/** Jepsen's recorded histories of a real etcd, where they are at hand. */
const recorded = new URL('../../../../shared/reference/linearizability/', import.meta.url).pathname;

test.skipIf(!existsSync(recorded))('the verdicts on recorded histories are those of others', () => {
  const verdicts = new Map(
    readFileSync(`${recorded}verdicts.csv`, 'utf8')
      .trim()
      .split('\n')
      .map((line): [number, boolean] => [Number(line.split(',')[0]), line.endsWith('true')]),
  );
  const found = readdirSync(recorded)
    .filter((file) => file.endsWith('.log'))
    .map((file): [number, boolean] => [
      Number(/\d+/.exec(file)?.[0]),
      isLinearizable(register, parseJepsen(readFileSync(recorded + file, 'utf8'))),
    ]);
  expect(found.length).toBeGreaterThan(50);
  expect(new Map(found)).toEqual(verdicts);
});

function parseJepsen(text: string): History {
  const open = new Map<string, { readonly input: RegisterInput; readonly called: number }>();
  const history: History = [];
  for (const [at, line] of text.split('\n').entries()) {
    const words = /jepsen\.util - (\d+)\s+:(\w+)\s+:(\w+)\s+(.*)$/.exec(line);
    if (words === null) continue;
    const [, client = '', kind = '', op = '', argument = ''] = words;
    if (kind === 'invoke') {
      open.set(client, { input: inputOf(op, argument), called: at });
      continue;
    }
    const call = open.get(client);
    // What ended with `info` may still happen.
    if (call === undefined || kind === 'info') continue;
    open.delete(client);
    history.push({ ...call, output: outputOf(op, kind, argument), returned: at });
  }
  for (const call of open.values()) history.push({ ...call, output: undefined, returned: Infinity });
  return history;
}

function inputOf(op: string, argument: string): RegisterInput {
  if (op === 'read') return { op: 'read' };
  if (op === 'write') return { op: 'write', value: argument };
  const [from = '', to = ''] = argument.replace(/[[\]]/g, '').split(' ');
  return { op: 'cas', from, to };
}

function outputOf(op: string, kind: string, argument: string): RegisterOutput | undefined {
  if (argument.includes(':timed-out')) return undefined;
  if (op === 'read') return argument === 'nil' ? '' : argument;
  return kind === 'ok';
}
