// Models pkg/controller/nodelifecycle doNoScheduleTaintingPass: a node's conditions as NoSchedule taints, at once.
import {
  TAINT_DISK_PRESSURE,
  TAINT_MEMORY_PRESSURE,
  TAINT_NETWORK_UNAVAILABLE,
  TAINT_NOT_READY,
  TAINT_PID_PRESSURE,
  TAINT_UNREACHABLE,
  TAINT_UNSCHEDULABLE,
} from '../../../api/taints.ts';
import type { Node, Taint } from '../../../api/types.gen.ts';
import { Nodes } from '../../../client/resources.ts';
import { NOTHING } from '../controller.ts';
import type { Plan, Request } from '../controller.ts';
import { hasTaint, swapTaints } from '../node-taints.ts';
import { controller } from '../run-controller.ts';

const TAINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: TAINT_NOT_READY, Unknown: TAINT_UNREACHABLE },
  MemoryPressure: { True: TAINT_MEMORY_PRESSURE },
  DiskPressure: { True: TAINT_DISK_PRESSURE },
  NetworkUnavailable: { True: TAINT_NETWORK_UNAVAILABLE },
  PIDPressure: { True: TAINT_PID_PRESSURE },
};
const OURS = new Set([TAINT_UNSCHEDULABLE, ...Object.values(TAINTS).flatMap((byStatus) => Object.values(byStatus))]);

export const conditionTaints = controller({
  name: 'node-lifecycle-controller',
  component: 'node-controller',
  reconciles: Nodes,
  workers: 8,
  reconcile: reconcileConditionTaints,
});

export function reconcileConditionTaints({ object: node, now }: Request<Node, undefined>): Plan {
  if (node === undefined) return NOTHING;
  const wanted = taintsFor(node);
  const stale = (node.spec.taints ?? []).filter(
    ({ key, effect }) => effect === 'NoSchedule' && OURS.has(key) && !wanted.some((taint) => taint.key === key),
  );
  const missing = wanted.filter((taint) => !hasTaint(node, taint));
  return { writes: swapTaints(node, missing, stale, now) };
}

function taintsFor(node: Node): readonly Taint[] {
  const keys = (node.status?.conditions ?? []).flatMap(({ type, status }) => TAINTS[type]?.[status] ?? []);
  if (node.spec.unschedulable === true) keys.push(TAINT_UNSCHEDULABLE);
  return keys.map((key) => ({ key, effect: 'NoSchedule' }));
}
