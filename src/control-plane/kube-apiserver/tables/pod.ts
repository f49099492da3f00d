// Models printPod.
import type { Container, ContainerStatus, Pod, PodStatus } from '../../../api/types.gen.ts';
import type { Micros } from '../../../sim/env.ts';
import type { Cell, Printer } from './table.ts';
import { POD } from '../../../api/kinds/index.ts';
import { isSidecar, podCondition } from '../../../api/pods.ts';
import { humanDuration } from '../../../lib/duration.ts';
import { parseTime } from '../../../lib/time.ts';
import { asPod } from '../resources/pod.ts';
import { AGE, ageOf, NAME, NONE } from './table.ts';

const NODE_LOST = 'NodeLost';

export const podPrinter: Printer = {
  kind: POD,
  columns: [
    NAME,
    { name: 'Ready' },
    { name: 'Status' },
    { name: 'Restarts' },
    AGE,
    { name: 'IP', wide: true },
    { name: 'Node', wide: true },
    { name: 'Nominated Node', wide: true },
    { name: 'Readiness Gates', wide: true },
  ],
  cells(object, now) {
    const pod = asPod(object);
    const summary = summarize(pod);
    return [
      pod.metadata.name,
      `${summary.ready}/${summary.total}`,
      summary.reason,
      restartsText(summary, now),
      ageOf(pod, now),
      ...wideCells(pod),
    ];
  },
};

interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  /** When a container last ended, of those that count. */
  readonly lastRestart: Micros | undefined;
}

function restartsText({ restarts, lastRestart }: Summary, now: Micros): string {
  if (restarts === 0 || lastRestart === undefined) return String(restarts);
  return `${restarts} (${humanDuration(now - lastRestart)} ago)`;
}

function wideCells(pod: Pod): Cell[] {
  const { status, spec } = pod;
  const ip = status?.podIPs?.[0]?.ip ?? status?.podIP ?? '';
  const gates = spec?.readinessGates ?? [];
  const open = gates.filter((gate) => podCondition(pod, gate.conditionType)?.status === 'True').length;
  return [
    ip === '' ? NONE : ip,
    (spec?.nodeName ?? '') === '' ? NONE : (spec?.nodeName ?? ''),
    (status?.nominatedNodeName ?? '') === '' ? NONE : (status?.nominatedNodeName ?? ''),
    gates.length === 0 ? NONE : `${open}/${gates.length}`,
  ];
}

function summarize(pod: Pod): Summary {
  const status: PodStatus = pod.status ?? {};
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  const sidecars = new Map(initContainers.filter(isSidecar).map((container) => [container.name, container]));
  const total = containers.length + sidecars.size;
  let reason = (status.reason ?? '') === '' ? (status.phase ?? '') : (status.reason ?? '');
  if (podCondition(pod, 'PodScheduled')?.reason === 'SchedulingGated') reason = 'SchedulingGated';

  const init = walkInit(status, initContainers, sidecars);
  if (init.reason !== undefined) reason = init.reason;
  let { ready, restarts, lastRestart } = init;
  if (!init.initializing || isInitialized(pod)) {
    const main = walkContainers(pod, status, reason);
    reason = main.reason;
    ready += main.ready;
    restarts = init.sidecarRestarts + main.restarts;
    lastRestart = later(init.lastSidecarRestart, main.lastRestart);
  }
  return { ready, total, reason: terminating(pod, reason), restarts, lastRestart };
}

function terminating(pod: Pod, reason: string): string {
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  if (pod.status?.reason === NODE_LOST) return 'Unknown';
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed' ? reason : 'Terminating';
}

function isInitialized(pod: Pod): boolean {
  return podCondition(pod, 'Initialized')?.status === 'True';
}

interface InitWalk {
  readonly initializing: boolean;
  readonly reason: string | undefined;
  readonly ready: number;
  readonly restarts: number;
  readonly lastRestart: Micros | undefined;
  readonly sidecarRestarts: number;
  readonly lastSidecarRestart: Micros | undefined;
}

function walkInit(
  status: PodStatus,
  initContainers: readonly Container[],
  sidecars: ReadonlyMap<string, Container>,
): InitWalk {
  let restarts = 0;
  let sidecarRestarts = 0;
  let ready = 0;
  let lastRestart: Micros | undefined;
  let lastSidecarRestart: Micros | undefined;
  const walk = (initializing: boolean, reason?: string): InitWalk => ({
    initializing,
    reason,
    ready,
    restarts,
    lastRestart,
    sidecarRestarts,
    lastSidecarRestart,
  });
  for (const [i, container] of (status.initContainerStatuses ?? []).entries()) {
    const sidecar = sidecars.has(container.name);
    restarts += container.restartCount;
    lastRestart = later(lastRestart, endOf(container));
    if (sidecar) {
      sidecarRestarts += container.restartCount;
      lastSidecarRestart = later(lastSidecarRestart, endOf(container));
    }
    const { terminated, waiting } = container.state ?? {};
    if (terminated !== undefined && terminated.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) ready++;
      continue;
    }
    if (terminated !== undefined) return walk(true, `Init:${endReason(terminated)}`);
    const waits = waiting?.reason ?? '';
    if (waits !== '' && waits !== 'PodInitializing') return walk(true, `Init:${waits}`);
    return walk(true, `Init:${i}/${initContainers.length}`);
  }
  return walk(false);
}

interface End {
  readonly reason?: string;
  readonly signal?: number;
  readonly exitCode: number;
}

function endReason({ reason = '', signal = 0, exitCode }: End): string {
  if (reason !== '') return reason;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function walkContainers(
  pod: Pod,
  status: PodStatus,
  before: string,
): { ready: number; restarts: number; reason: string; lastRestart: Micros | undefined } {
  let ready = 0;
  let restarts = 0;
  let reason = before;
  let running = false;
  let lastRestart: Micros | undefined;
  for (const container of [...(status.containerStatuses ?? [])].reverse()) {
    restarts += container.restartCount;
    lastRestart = later(lastRestart, endOf(container));
    const { waiting, terminated, running: runs } = container.state ?? {};
    if ((waiting?.reason ?? '') !== '') reason = waiting?.reason ?? '';
    else if (terminated !== undefined) reason = endReason(terminated);
    else if (container.ready && runs !== undefined) {
      running = true;
      ready++;
    }
  }
  if (reason === 'Completed' && running)
    reason = podCondition(pod, 'Ready')?.status === 'True' ? 'Running' : 'NotReady';
  return { ready, restarts, reason, lastRestart };
}

function endOf(container: ContainerStatus): Micros | undefined {
  const finished = container.lastState?.terminated?.finishedAt;
  return finished === undefined ? undefined : parseTime(finished);
}

function later(a: Micros | undefined, b: Micros | undefined): Micros | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.max(a, b);
}
