import { describe, expect, it } from 'vitest';
import type { Recording } from '../sim/session.ts';
import { parseRecording } from './recording.ts';

const good: Recording = {
  format: 'kubarium/1',
  seed: 7,
  epoch: 0,
  until: 5,
  hash: 'abc123',
  topology: { controlPlanes: 3, workers: 3 },
  inputs: [{ at: 1, kind: 'fault', command: 'power-off worker-2' }],
};

describe('a recording', () => {
  it('comes back as it was saved', () => {
    expect(parseRecording(JSON.stringify(good))).toEqual(good);
  });

  it.each([
    ['{"format":', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    [{ ...good, format: 'other' }, 'format'],
    [{ ...good, seed: 'x' }, '"seed" is not a whole number'],
    [{ ...good, hash: '<script>' }, '"hash" is not hexadecimal'],
    [{ ...good, topology: { controlPlanes: 2 } }, 'controlPlanes must be one of'],
    [{ ...good, inputs: [{ at: 1, kind: 'eval', text: '1' }] }, 'input 1 is of an unknown kind'],
    [{ ...good, inputs: [{ at: 1, kind: 'fault' }] }, 'input 1 lacks "command"'],
  ])('%#: damaged, says what is wrong and what to do', (value, message) => {
    expect(() => parseRecording(value)).toThrow(message);
    expect(() => parseRecording(value)).toThrow('Export the run again');
  });
});
