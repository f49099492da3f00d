import type { Node, NodeSelectorTerm, Pod } from '../../api/types.gen.ts';
import { quantityMilliValue, quantityValue } from '../../api/quantity.ts';
import { includesLabels } from '../../api/selector.ts';
import { untoleratedTaint } from '../../api/taints.ts';
import { allContainers, isRestartableInit, isStatic } from './format.ts';

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

const RESOURCES = [
  { name: 'cpu', title: 'OutOfcpu' },
  { name: 'memory', title: 'OutOfmemory' },
  { name: 'ephemeral-storage', title: 'OutOfephemeral-storage' },
] as const;

/** Whether the node can take the pod besides the others; the scheduler's view may have been stale. Models pkg/kubelet/lifecycle/predicate.go. */
export function admit(pod: Pod, others: readonly Pod[], node: Node | undefined): Rejection | undefined {
  if (node === undefined) return undefined;
  const allocatable = node.status?.allocatable ?? {};
  const pods = Number(allocatable['pods'] ?? 110);
  if (others.length + 1 > pods) return outOf('OutOfpods', 'pods', 1, others.length, pods);
  for (const { name, title } of RESOURCES) {
    const wanted = requestOf(pod, name);
    if (wanted === 0 || isStatic(pod)) continue;
    const used = others.reduce((sum, other) => sum + requestOf(other, name), 0);
    const capacity = amount(name, allocatable[name] ?? '0');
    if (wanted + used > capacity) return outOf(title, name, wanted, used, capacity);
  }
  if (!matchesNode(pod, node)) return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  if (portConflict(pod, others))
    return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  if (isStatic(pod)) return undefined;
  const taint = untoleratedTaint(
    node.spec.taints ?? [],
    pod.spec.tolerations,
    (candidate) => candidate.effect === 'NoExecute',
  );
  if (taint !== undefined)
    return predicate('TaintToleration', `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`);
  return undefined;
}

function outOf(reason: string, name: string, wanted: number, used: number, capacity: number): Rejection {
  return {
    reason,
    message: `Node didn't have enough resource: ${name}, requested: ${wanted}, used: ${used}, capacity: ${capacity}`,
  };
}

function predicate(name: string, text: string): Rejection {
  return { reason: name, message: `Predicate ${name} failed: ${text}` };
}

function amount(name: string, text: string): number {
  return name === 'cpu' ? quantityMilliValue(text) : quantityValue(text);
}

/** The larger of what the containers need together and what the init containers need one by one. */
function requestOf(pod: Pod, name: string): number {
  const of = (containers: readonly Pod['spec']['containers'][number][]): number[] =>
    containers.map(({ resources }) => amount(name, resources?.requests?.[name] ?? '0'));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const sidecars = sum(of((pod.spec.initContainers ?? []).filter(isRestartableInit)));
  const inits = of((pod.spec.initContainers ?? []).filter((container) => !isRestartableInit(container)));
  return Math.max(sum(of(pod.spec.containers)) + sidecars, ...inits.map((value) => value + sidecars), 0);
}

function matchesNode(pod: Pod, node: Node): boolean {
  if (!includesLabels(pod.spec.nodeSelector ?? {}, node.metadata.labels)) return false;
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, node));
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  const check = (value: string | undefined, operator: string, values: readonly string[]): boolean => {
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      case 'Gt':
        return value !== undefined && Number(value) > Number(values[0]);
      case 'Lt':
        return value !== undefined && Number(value) < Number(values[0]);
      default:
        return false;
    }
  };
  return (
    matchExpressions.every(({ key, operator, values = [] }) => check(node.metadata.labels?.[key], operator, values)) &&
    matchFields.every(({ operator, values = [] }) => check(node.metadata.name, operator, values))
  );
}

function hostPorts(pod: Pod): readonly string[] {
  return allContainers(pod).flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, containerPort, protocol }) => {
      const port = hostPort ?? (pod.spec.hostNetwork === true ? containerPort : undefined);
      return port === undefined || port === 0 ? [] : [`${protocol ?? 'TCP'}/${port}`];
    }),
  );
}

function portConflict(pod: Pod, others: readonly Pod[]): boolean {
  const used = new Set(others.flatMap(hostPorts));
  return hostPorts(pod).some((port) => used.has(port));
}
