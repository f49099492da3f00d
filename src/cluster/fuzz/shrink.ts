import { SECOND } from '../../sim/env.ts';
import type { Input } from '../../sim/session.ts';
import type { RandomPlan } from './plan.ts';

/** The plan with only these of its inputs, by their places in it. */
export function withInputs(plan: RandomPlan, kept: readonly number[]): RandomPlan {
  const wanted = new Set(kept);
  return { ...plan, inputs: plan.inputs.filter((_, index) => wanted.has(index)) };
}

/**
 * Fewer and fewer inputs that still fail: delta debugging (Zeller's ddmin, complements only).
 * `fails` is asked at most `runs` times; what comes back has failed, or is everything.
 */
export async function shrink(
  count: number,
  fails: (kept: readonly number[]) => Promise<boolean>,
  runs: number,
): Promise<number[]> {
  let kept = Array.from({ length: count }, (_, index) => index);
  let left = runs;
  for (let size = Math.ceil(kept.length / 2); size >= 1 && left > 0;) {
    let dropped = false;
    for (let at = 0; at < kept.length && left > 0;) {
      const fewer = kept.toSpliced(at, size);
      left--;
      if (await fails(fewer)) {
        kept = fewer;
        dropped = true;
      } else {
        at += size;
      }
    }
    if (size === 1 && !dropped) break;
    if (!dropped || size > kept.length) size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return kept;
}

/** What happens and when, a line each. */
export function scenarioLines(plan: RandomPlan): string[] {
  const { controlPlanes, workers, controlPlaneNodes, etcd, etcdMembers } = plan.topology;
  const nodes = controlPlaneNodes ? '' : ', which are no nodes';
  const apart = etcd === 'external' ? `, etcd on ${etcdMembers} machines of its own` : '';
  return [
    `seed ${plan.seed}: ${controlPlanes} control planes${nodes}${apart}, ${workers} workers`,
    ...plan.inputs.map((input) => `at ${input.at / SECOND} s: ${textOf(input)}`),
  ];
}

function textOf(input: Input): string {
  switch (input.kind) {
    case 'fault':
      return input.command;
    case 'text':
      return `${input.process} ${input.text}`;
    case 'signal':
      return `${input.signal} for ${input.process}`;
    case 'worker-lost':
      return `worker ${input.worker} is lost`;
  }
}
