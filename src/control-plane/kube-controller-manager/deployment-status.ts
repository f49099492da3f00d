// Models pkg/controller/deployment/progress.go and the status half of sync.go.
import { conditionOf } from '../../api/conditions.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../api/types.gen.ts';
import { deepEqual } from '../../lib/json.ts';
import { formatTime, parseTime } from '../../lib/time.ts';
import { SECOND } from '../../sim/env.ts';
import type { Micros } from '../../sim/env.ts';
import { Deployments } from '../../client/resources.ts';
import { NOTHING, updateStatus } from './controller.ts';
import type { Plan } from './controller.ts';
import {
  maxUnavailable,
  replicasOf,
  sumActual,
  sumAvailable,
  sumReady,
  sumReplicas,
  sumTerminating,
} from './deployment-replicas.ts';

const NO_DEADLINE = 2_147_483_647;
export const NEW_REPLICA_SET_AVAILABLE = 'NewReplicaSetAvailable';
export const TIMED_OUT = 'ProgressDeadlineExceeded';

export interface Sets {
  readonly all: readonly ReplicaSet[];
  readonly newRs: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

export function hasDeadline(d: Deployment): boolean {
  return d.spec.progressDeadlineSeconds !== undefined && d.spec.progressDeadlineSeconds !== NO_DEADLINE;
}

export function newCondition(
  now: Micros,
  type: string,
  status: string,
  reason: string,
  message: string,
): DeploymentCondition {
  const time = formatTime(now);
  return { type, status, reason, message, lastUpdateTime: time, lastTransitionTime: time };
}

/** Puts a condition last, unless one of that status and reason is there. The transition time stays while the status does. */
export function setCondition(
  conditions: readonly DeploymentCondition[],
  next: DeploymentCondition,
): readonly DeploymentCondition[] {
  const current = conditionOf(conditions, next.type);
  if (current?.status === next.status && current.reason === next.reason) return conditions;
  const kept =
    current?.status === next.status && current.lastTransitionTime !== undefined
      ? { ...next, lastTransitionTime: current.lastTransitionTime }
      : next;
  return [...without(conditions, next.type), kept];
}

function without(conditions: readonly DeploymentCondition[], type: string): readonly DeploymentCondition[] {
  return conditions.filter((condition) => condition.type !== type);
}

export function isComplete(d: Deployment, status: DeploymentStatus | undefined): boolean {
  const desired = replicasOf(d);
  return (
    (status?.updatedReplicas ?? 0) === desired &&
    (status?.replicas ?? 0) === desired &&
    (status?.availableReplicas ?? 0) === desired &&
    (status?.observedGeneration ?? 0) >= (d.metadata.generation ?? 0)
  );
}

/** The status while paused or being scaled: progress is not judged. */
export function syncStatusOnly(d: Deployment, sets: Sets, now: Micros): Plan {
  return writeStatus(d, calculateStatus(d, sets, now));
}

/** The status in the course of a rollout. */
export function syncRolloutStatus(d: Deployment, sets: Sets, now: Micros): Plan {
  const calculated = calculateStatus(d, sets, now);
  const conditions = failureConditions(progressConditions(d, sets, calculated, now), sets);
  const status = withConditions(calculated, conditions);
  const plan = writeStatus(d, status);
  if (plan.writes.length > 0) return plan;
  const again = nextDeadline(d, status, now);
  return again === undefined ? NOTHING : { ...NOTHING, again };
}

function writeStatus(d: Deployment, status: DeploymentStatus): Plan {
  return deepEqual(status, d.status) ? NOTHING : { writes: [updateStatus(Deployments, { ...d, status })] };
}

function withConditions(status: DeploymentStatus, conditions: readonly DeploymentCondition[]): DeploymentStatus {
  const { conditions: _replaced, ...rest } = status;
  return conditions.length === 0 ? rest : { ...rest, conditions };
}

function calculateStatus(d: Deployment, { all, newRs }: Sets, now: Micros): DeploymentStatus {
  const available = sumAvailable(all);
  const enough = available >= replicasOf(d) - maxUnavailable(d);
  const condition = enough
    ? newCondition(now, 'Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : newCondition(
        now,
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
      );
  const counts = {
    observedGeneration: d.metadata.generation ?? 0,
    replicas: sumActual(all),
    updatedReplicas: newRs === undefined ? 0 : sumActual([newRs]),
    readyReplicas: sumReady(all),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sumReplicas(all) - available),
  };
  const collisionCount = d.status?.collisionCount;
  return {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    terminatingReplicas: sumTerminating(all),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: setCondition(d.status?.conditions ?? [], condition),
  };
}

function progressConditions(
  d: Deployment,
  { newRs }: Sets,
  status: DeploymentStatus,
  now: Micros,
): readonly DeploymentCondition[] {
  const conditions = status.conditions ?? [];
  if (!hasDeadline(d)) return without(conditions, 'Progressing');
  const current = conditionOf(d.status?.conditions, 'Progressing');
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === NEW_REPLICA_SET_AVAILABLE;
  if (settled) return conditions;
  const who = newRs === undefined ? `Deployment "${d.metadata.name}"` : `ReplicaSet "${newRs.metadata.name}"`;
  const progressing = (state: string, reason: string, message: string): DeploymentCondition =>
    newCondition(now, 'Progressing', state, reason, `${who} ${message}`);
  if (isComplete(d, status)) {
    return setCondition(conditions, progressing('True', NEW_REPLICA_SET_AVAILABLE, 'has successfully progressed.'));
  }
  if (isProgressing(d, status)) {
    const next = progressing('True', 'ReplicaSetUpdated', 'is progressing.');
    // Written anew even with the same reason: its update time is when there was progress last.
    const kept =
      current?.status === 'True' && current.lastTransitionTime !== undefined
        ? { ...next, lastTransitionTime: current.lastTransitionTime }
        : next;
    return [...without(conditions, 'Progressing'), kept];
  }
  if (isTimedOut(d, conditionOf(conditions, 'Progressing'), now)) {
    return setCondition(conditions, progressing('False', TIMED_OUT, 'has timed out progressing.'));
  }
  return conditions;
}

function isProgressing(d: Deployment, status: DeploymentStatus): boolean {
  const before = d.status ?? {};
  const oldBefore = (before.replicas ?? 0) - (before.updatedReplicas ?? 0);
  const oldNow = (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldNow < oldBefore ||
    (status.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function deadlineOf(d: Deployment, condition: DeploymentCondition): Micros {
  return (parseTime(condition.lastUpdateTime ?? '') ?? 0) + (d.spec.progressDeadlineSeconds ?? 0) * SECOND;
}

function isTimedOut(d: Deployment, condition: DeploymentCondition | undefined, now: Micros): boolean {
  if (condition === undefined || condition.reason === NEW_REPLICA_SET_AVAILABLE) return false;
  return condition.reason === TIMED_OUT || deadlineOf(d, condition) < now;
}

/** A rollout that stands still is looked at again a second past its deadline. */
function nextDeadline(d: Deployment, status: DeploymentStatus, now: Micros): Micros | undefined {
  const current = conditionOf(d.status?.conditions, 'Progressing');
  if (!hasDeadline(d) || current === undefined) return undefined;
  if (isComplete(d, status) || current.reason === TIMED_OUT) return undefined;
  return Math.max(0, deadlineOf(d, current) - now) + SECOND;
}

/** A ReplicaSet that cannot make pods fails its Deployment too. */
function failureConditions(
  conditions: readonly DeploymentCondition[],
  { all, newRs }: Sets,
): readonly DeploymentCondition[] {
  const failures = [...(newRs === undefined ? [] : [newRs]), ...all].flatMap((rs) => {
    const failure = conditionOf(rs.status?.conditions, 'ReplicaFailure');
    return failure === undefined ? [] : [failure];
  });
  const first = failures[0];
  if (first === undefined) return without(conditions, 'ReplicaFailure');
  const { type, status, reason, message, lastTransitionTime } = first;
  return setCondition(conditions, {
    type,
    status,
    ...(lastTransitionTime === undefined ? {} : { lastTransitionTime, lastUpdateTime: lastTransitionTime }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  });
}
