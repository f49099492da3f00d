import { expect, it } from 'vitest';
import { etcdPlanOf, runEtcdPlan } from './etcd-run.ts';

const SEEDS = 5;
const SECONDS = 20;

it('members alone, in trouble all the time: safe, linearizable, watched without a gap, of one mind in the end', async () => {
  const totals = { elections: 0, faults: 0, acknowledgedWrites: 0, watched: 0, unknown: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const report = await runEtcdPlan(etcdPlanOf(seed, SECONDS));
    expect({ seed, violations: report.violations }).toEqual({ seed, violations: [] });
    totals.elections += report.elections;
    totals.faults += report.faults;
    totals.acknowledgedWrites += report.acknowledgedWrites;
    totals.watched += report.watched;
    totals.unknown += report.unknown;
  }
  // A run in which nothing happens proves nothing.
  expect(totals.elections).toBeGreaterThan(3 * SEEDS);
  expect(totals.faults).toBeGreaterThan(10 * SEEDS);
  expect(totals.acknowledgedWrites).toBeGreaterThan(100 * SEEDS);
  expect(totals.watched).toBeGreaterThan(2 * totals.acknowledgedWrites);
  expect(totals.unknown).toBeGreaterThan(SEEDS);
}, 300_000);

it('the same while members are defragmented, and a learner comes and goes', async () => {
  let changes = 0;
  for (let seed = 11; seed <= 12; seed++) {
    const report = await runEtcdPlan(etcdPlanOf(seed, SECONDS, true));
    expect({ seed, violations: report.violations }).toEqual({ seed, violations: [] });
    expect(report.acknowledgedWrites).toBeGreaterThan(100);
    changes += report.changes;
  }
  // Three or five of each run are the first members.
  expect(changes).toBeGreaterThan(2 * 6);
}, 300_000);

it.each([
  [201, 'a vote reaches the disk together with a later term'],
  [266, 'a vote reaches the disk together with a later term'],
  [369, 'a snapshot takes the place of a log that ended otherwise'],
])('seed %i, in which %s', async (seed) => {
  expect((await runEtcdPlan(etcdPlanOf(seed, SECONDS))).violations).toEqual([]);
});
