import type { Image } from '../../api/cri.ts';
import { uuidText } from '../../lib/uuid.ts';
import type { Lease, Node, NodeStatus } from '../../api/types.gen.ts';
import { conditionOf } from '../../api/conditions.ts';
import { Leases, Nodes } from '../../client/resources.ts';
import { formatMicroTime } from '../../lib/time.ts';
import { MILLISECOND, MINUTE, SECOND, type Micros } from '../../sim/env.ts';
import { nodeRefOf, type Kubelet } from './context.ts';
import { RuntimeFailure } from './cri-client.ts';
import { apiReason } from './format.ts';
import { sameData } from './same.ts';
import { initialNode, nodeStatus, type NodeFacts } from './node-status.ts';

const UPDATE_FREQUENCY: Micros = 10 * SECOND;
const REPORT_FREQUENCY: Micros = 5 * MINUTE;
const RUNTIME_CHECK: Micros = 5 * SECOND;
const RUNTIME_THRESHOLD: Micros = 30 * SECOND;
/** Tries within one update: nodeStatusUpdateRetry. */
const UPDATE_RETRIES = 5;
const LEASE_SECONDS = 40;
const LEASE_RENEW: Micros = 10 * SECOND;
const LEASE_NAMESPACE = 'kube-node-lease';

/** What the kubelet knows of its runtime, from asking it every few seconds. */
interface RuntimeHealth {
  lastGood: Micros | undefined;
  network: string | undefined;
  error: string | undefined;
}

/** Registers the node, reports its status and renews its lease. */
export class NodeSync {
  readonly #kubelet: Kubelet;
  readonly #health: RuntimeHealth = {
    lastGood: undefined,
    network:
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
    error: undefined,
  };
  readonly #bootId: string;
  readonly #machineId: string;
  #registered = false;
  #images: readonly Image[] = [];
  #reportedAt: Micros | undefined;
  #lastConditions: NodeStatus['conditions'];
  #lease: Lease | undefined;
  #podCidr = '';

  constructor(kubelet: Kubelet) {
    this.#kubelet = kubelet;
    const { disk } = kubelet.env;
    this.#machineId = disk.read('/etc/machine-id') ?? kubelet.env.random.hex(32);
    if (disk.read('/etc/machine-id') === undefined) disk.write('/etc/machine-id', this.#machineId);
    this.#bootId = bootIdOf(kubelet);
  }

  networkProblem(): string | undefined {
    return this.#health.network;
  }

  start(): void {
    const { env, recorder } = this.#kubelet;
    const ref = nodeRefOf(this.#kubelet);
    recorder.event(ref, 'Normal', 'Starting', 'Starting kubelet.');
    env.spawn(() => this.#watchRuntime());
    env.spawn(() => this.#keepStatus());
    env.spawn(() => this.#keepLease());
  }

  async #watchRuntime(): Promise<void> {
    const { env, cri } = this.#kubelet;
    for (;;) {
      const before = this.#problems().join();
      try {
        const { conditions } = await cri.call('status', {}, RUNTIME_CHECK);
        const network = conditions.find(({ type }) => type === 'NetworkReady');
        this.#health.network =
          network?.status === true
            ? undefined
            : `container runtime network not ready: NetworkReady=false reason:${network?.reason ?? ''} message:${network?.message ?? ''}`;
        this.#health.lastGood = env.uptime();
        this.#health.error = undefined;
        const podCidr = this.#kubelet.node.get(this.#kubelet.config.nodeName)?.spec.podCIDR ?? '';
        if (podCidr !== '' && podCidr !== this.#podCidr) {
          await cri.call('updateRuntimeConfig', { podCidr }, RUNTIME_CHECK);
          this.#podCidr = podCidr;
          continue;
        }
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error;
        this.#health.error = error.rpcText;
        this.#podCidr = '';
      }
      if (this.#registered && before !== this.#problems().join()) env.spawn(() => this.#update());
      // Until the network is there somebody waits for it: the node's CIDR may come at any moment.
      await env.sleep(this.#health.network === undefined ? RUNTIME_CHECK : 100 * MILLISECOND);
    }
  }

  #problems(): readonly string[] {
    const { env, pleg } = this.#kubelet;
    const { lastGood, network } = this.#health;
    const problems: string[] = [];
    if (lastGood === undefined || env.uptime() - lastGood > RUNTIME_THRESHOLD)
      problems.push('container runtime is down');
    if (network !== undefined) problems.push(network);
    const unhealthy = pleg.health();
    if (unhealthy !== undefined) problems.push(unhealthy);
    return problems;
  }

  #facts(): NodeFacts {
    const { config, env } = this.#kubelet;
    return {
      config,
      bootId: this.#bootId,
      machineId: this.#machineId,
      images: this.#images,
      problems: this.#problems(),
      diskPressure: this.#kubelet.eviction.diskPressure,
      now: env.now(),
    };
  }

  async #keepStatus(): Promise<void> {
    const { env } = this.#kubelet;
    await this.#refreshImages();
    let pause = 100 * MILLISECOND;
    while (!(await this.#register())) {
      await env.sleep(pause);
      pause = Math.min(pause * 2, 7 * SECOND);
    }
    this.#registered = true;
    this.#startEvents();
    for (;;) {
      await this.#update();
      await env.sleep(UPDATE_FREQUENCY);
      await this.#refreshImages();
    }
  }

  async #refreshImages(): Promise<void> {
    try {
      this.#images = (await this.#kubelet.cri.call('listImages', {}, 10 * SECOND)).images;
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
    }
  }

  #startEvents(): void {
    const { recorder, config } = this.#kubelet;
    const ref = nodeRefOf(this.#kubelet);
    for (const reason of ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID'])
      recorder.event(ref, 'Normal', reason, `Node ${config.nodeName} status is now: ${reason}`);
    recorder.event(ref, 'Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
  }

  async #register(): Promise<boolean> {
    const { client, config } = this.#kubelet;
    if (!config.registerNode) return true;
    try {
      await client.create(Nodes, initialNode(this.#facts()));
      return true;
    } catch (error) {
      if (apiReason(error) !== 'AlreadyExists') return !isExpected(error);
    }
    try {
      const existing = await client.get(Nodes, config.nodeName);
      await this.#reconcileLabels(existing);
      return true;
    } catch (error) {
      return !isExpected(error);
    }
  }

  /** Default labels of a node that was registered before are put right. */
  async #reconcileLabels(existing: Node): Promise<void> {
    const wanted = initialNode(this.#facts()).metadata.labels ?? {};
    const wrong = Object.entries(wanted).filter(
      ([name, value]) => existing.metadata.labels?.[name] !== value && existing.metadata.labels?.[name] === undefined,
    );
    if (wrong.length === 0) return;
    await this.#kubelet.client.patch(
      Nodes,
      existing.metadata.name,
      undefined,
      'application/strategic-merge-patch+json',
      { metadata: { labels: Object.fromEntries(wrong) } },
    );
  }

  async #update(): Promise<void> {
    for (let attempt = 0; attempt < UPDATE_RETRIES; attempt++) {
      try {
        return await this.#tryUpdate();
      } catch (error) {
        if (!isExpected(error)) throw error;
        if (apiReason(error) === 'NotFound') {
          await this.#register();
          return;
        }
      }
      await this.#kubelet.env.sleep(100 * MILLISECOND);
    }
  }

  async #tryUpdate(): Promise<void> {
    const { client, config, env, recorder } = this.#kubelet;
    const node = await client.get(Nodes, config.nodeName);
    const status = nodeStatus(this.#facts(), node.status);
    const rebooted =
      node.status?.nodeInfo?.bootID !== undefined &&
      node.status.nodeInfo.bootID !== '' &&
      node.status.nodeInfo.bootID !== this.#bootId;
    if (rebooted)
      recorder.event(
        nodeRefOf(this.#kubelet),
        'Warning',
        'Rebooted',
        `Node ${config.nodeName} has been rebooted, boot id: ${this.#bootId}`,
      );
    const due = this.#reportedAt === undefined || env.uptime() - this.#reportedAt >= REPORT_FREQUENCY;
    if (!due && !changed(node.status, status)) return;
    this.#conditionEvents(node.status, status);
    await client.patch(
      Nodes,
      config.nodeName,
      undefined,
      'application/strategic-merge-patch+json',
      { status: patchOf(node.status, status) },
      { subresource: 'status' },
    );
    this.#reportedAt = env.uptime();
    this.#lastConditions = status.conditions;
  }

  #conditionEvents(before: NodeStatus | undefined, after: NodeStatus): void {
    const { recorder, config } = this.#kubelet;
    const tell = (type: string, ifTrue: string, otherwise: string): void => {
      const of = (status: Pick<NodeStatus, 'conditions'> | undefined): string | undefined =>
        conditionOf(status?.conditions, type)?.status;
      const now = of(after);
      if ((of({ conditions: this.#lastConditions }) ?? of(before)) === now) return;
      const reason = now === 'True' ? ifTrue : otherwise;
      recorder.event(nodeRefOf(this.#kubelet), 'Normal', reason, `Node ${config.nodeName} status is now: ${reason}`);
    };
    tell('DiskPressure', 'NodeHasDiskPressure', 'NodeHasNoDiskPressure');
    tell('Ready', 'NodeReady', 'NodeNotReady');
  }

  async #keepLease(): Promise<void> {
    const { env } = this.#kubelet;
    for (;;) {
      const done = await this.#renewLease();
      await env.sleep(
        done
          ? LEASE_RENEW + env.random.below(Math.floor((LEASE_RENEW * 4) / 100))
          : 200 * MILLISECOND * (1 + env.random.below(10)),
      );
    }
  }

  async #renewLease(): Promise<boolean> {
    const { client, config, env } = this.#kubelet;
    const name = config.nodeName;
    const renewTime = formatMicroTime(env.now());
    try {
      if (this.#lease === undefined) {
        try {
          this.#lease = await client.get(Leases, name, LEASE_NAMESPACE);
        } catch (error) {
          if (apiReason(error) !== 'NotFound') throw error;
          const uid = this.#kubelet.node.get(name)?.metadata.uid;
          const ownerReferences = uid === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name, uid }];
          const lease: Lease = {
            apiVersion: 'coordination.k8s.io/v1',
            kind: 'Lease',
            metadata: {
              name,
              namespace: LEASE_NAMESPACE,
              ...(ownerReferences.length === 0 ? {} : { ownerReferences }),
            },
            spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
          };
          this.#lease = await client.create(Leases, lease);
          return true;
        }
      }
      this.#lease = await client.update(Leases, {
        ...this.#lease,
        spec: { ...this.#lease.spec, holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
      });
      return true;
    } catch (error) {
      if (!isExpected(error)) throw error;
      this.#lease = undefined;
      return false;
    }
  }
}

/** What the API or the network may answer at any time. */
function isExpected(error: unknown): boolean {
  return error instanceof Error && (apiReason(error) !== undefined || 'definite' in error || error.name === 'ApiError');
}

/** Whether more than the time of the last heartbeat is new. */
function changed(before: NodeStatus | undefined, after: NodeStatus): boolean {
  const old: Readonly<Record<string, unknown>> = { ...before };
  const fields = Object.entries(after).filter(([key]) => key !== 'conditions');
  if (fields.some(([key, value]) => !sameData(old[key], value))) return true;
  return (after.conditions ?? []).some((condition) => {
    const seen = conditionOf(before?.conditions, condition.type);
    return !sameData({ ...seen, lastHeartbeatTime: '' }, { ...condition, lastHeartbeatTime: '' });
  });
}

/** Lists without a merge key are replaced as a whole; of the conditions, which others add to, only the kubelet's are sent. */
function patchOf(before: NodeStatus | undefined, after: NodeStatus): Readonly<Record<string, unknown>> {
  const own = new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready']);
  const patch: Record<string, unknown> = {};
  const old: Readonly<Record<string, unknown>> = { ...before };
  for (const [key, value] of Object.entries(after)) if (!sameData(old[key], value)) patch[key] = value;
  return { ...patch, conditions: (after.conditions ?? []).filter(({ type }) => own.has(type)) };
}

/** Stays the same until the machine is rebooted: uptime then begins anew. */
function bootIdOf(kubelet: Kubelet): string {
  const { env } = kubelet;
  const path = '/var/lib/kubelet/boot-id';
  const [id, uptime] = (env.disk.read(path) ?? '').split(' ');
  if (id !== undefined && id !== '' && Number(uptime) < env.uptime()) return id;
  const fresh = uuidText(env.random.hex(32));
  env.disk.write(path, `${fresh} ${env.uptime()}`);
  env.disk.fsync(() => {});
  return fresh;
}
