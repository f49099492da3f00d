import { describe, expect, it } from 'vitest';
import { must } from '../../lib/assert.ts';
import { MINUTE, SECOND } from '../../sim/env.ts';
import { createInThread } from '../../sim/placement/in-thread.ts';
import { Cluster } from '../cluster.ts';
import { programs } from '../programs.ts';
import { registerClients } from '../random-run.ts';
import { etcdPlanOf, runEtcdPlan } from './etcd-run.ts';
import { registerClient } from './register-client.ts';
import { notLinearizable, RegisterHistory, type RegisterOperation } from './register-history.ts';

/** Five clients at once, while members and apiservers are killed, cut off and slow. */
async function faultyHistory(): Promise<RegisterOperation[]> {
  const history = new RegisterHistory();
  const until = 150 * SECOND;
  const faults = [
    [40, 'kill cp-1/etcd'],
    [50, 'partition cp-2'],
    [65, 'heal all'],
    [75, 'pause cp-3/kube-apiserver'],
    [85, 'heal all'],
    [90, 'latency 80ms+-60ms cp-1'],
    [110, 'power-off cp-1'],
    [125, 'power-on cp-1'],
  ] as const;
  const cluster = new Cluster({
    seed: 7,
    topology: { workers: 0, controlPlaneNodes: false },
    hosts: registerClients({ from: 15 * SECOND, until, pause: SECOND }),
    placement: createInThread({ ...programs, 'register-client': registerClient }),
    inputs: faults.map(([at, command]) => ({ at: at * SECOND, kind: 'fault', command })),
    onTrace: (events) => history.fold(events),
  });
  await cluster.runUntilTime(3 * MINUTE);
  return history.operations();
}

/** The last read of a register gets what an early one got. */
function withStaleRead(operations: readonly RegisterOperation[]): RegisterOperation[] {
  const reads = operations.filter(({ key, input, output }) => key === 0 && input.op === 'read' && output !== undefined);
  reads.sort((a, b) => a.called - b.called);
  const late = must(reads.at(-1));
  const early = must(reads.find(({ output }) => output !== '' && output !== late.output));
  return operations.map((operation) => (operation === late ? { ...operation, output: early.output } : operation));
}

describe('what concurrent clients of etcd see', () => {
  it('is linearizable under faults, and a stale read put into it is found', { timeout: 300_000 }, async () => {
    const history = new RegisterHistory();
    const { violations } = await runEtcdPlan(etcdPlanOf(5, 20), history);
    expect(violations).toEqual([]);
    const operations = history.operations();
    expect(operations.length).toBeGreaterThanOrEqual(1000);
    expect(operations.some(({ output, returned }) => output === undefined && returned === Infinity)).toBe(true);
    expect(notLinearizable(withStaleRead(operations))).toEqual([0]);
  });
});

describe('what concurrent clients of the API see', () => {
  it('is linearizable under faults, and a stale read put into it is found', { timeout: 300_000 }, async () => {
    const operations = await faultyHistory();
    expect(operations.length).toBeGreaterThanOrEqual(1000);
    expect(operations.some(({ output, returned }) => output === undefined && returned === Infinity)).toBe(true);
    expect(notLinearizable(operations)).toEqual([]);
    expect(notLinearizable(withStaleRead(operations))).toEqual([0]);
  });
});
