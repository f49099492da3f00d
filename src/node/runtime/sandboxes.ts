import type { PodSandbox, PodSandboxConfig } from '../../api/cri.ts';
import { MILLISECOND, type Env } from '../../sim/env.ts';
import { CriFailure, notFound } from './cri-error.ts';
import { nextAddress } from './ipam.ts';
import { decodeSandbox, RecordStore, type SandboxRecord } from './records.ts';

/** Setting up a network namespace and its interface. */
const SETUP_TIME = 120 * MILLISECOND;
const CNI_CONFIG = '/etc/cni/net.d/10-containerd-net.conflist';
const LAST_RESERVED = '/var/lib/cni/networks/containerd-net/last_reserved_ip.0';

/** Pod sandboxes: an address on the node's pod network each, or the node's own. */
export class Sandboxes {
  readonly #env: Env;
  readonly #records: RecordStore<SandboxRecord>;
  #podCidr: string | undefined;
  /** Addresses of sandboxes being set up. */
  readonly #reserved = new Set<string>();

  constructor(env: Env) {
    this.#env = env;
    this.#records = new RecordStore(env, 'sandboxes', decodeSandbox);
    this.#podCidr = env.disk.read(CNI_CONFIG);
    for (const record of this.#records.values()) {
      // A reboot took the network namespaces away.
      if (record.ready && record.createdUptime > env.uptime()) this.#records.put({ ...record, ready: false });
    }
  }

  get networkReady(): boolean {
    return this.#podCidr !== undefined;
  }

  setPodCidr(podCidr: string): void {
    if (podCidr === '' || podCidr === this.#podCidr) return;
    this.#podCidr = podCidr;
    this.#env.disk.write(CNI_CONFIG, podCidr);
    this.#env.disk.fsync(() => {});
  }

  async run(config: PodSandboxConfig): Promise<string> {
    const id = this.#env.random.hex(64);
    const ip = config.hostNetwork ? this.#env.ip : this.#allocate(id, config);
    if (!config.hostNetwork) {
      this.#reserved.add(ip);
      this.#env.net.addAddress(ip);
    }
    await this.#env.sleep(SETUP_TIME);
    this.#reserved.delete(ip);
    const times = { createdAt: this.#env.now(), createdUptime: this.#env.uptime() };
    if (!this.#records.add({ id, config, ...times, ip, ready: true })) {
      if (!config.hostNetwork) this.#env.net.releaseAddress(ip);
      const file = `/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${id}/hostname`;
      throw new CriFailure(
        'Unknown',
        `failed to setup sandbox files: failed to write hostname to "${file}": write ${file}: no space left on device`,
      );
    }
    this.#env.disk.fsync(() => {});
    const { namespace, name, uid } = config.metadata;
    this.#env.trace({
      type: 'pod.sandbox',
      pod: `${namespace}/${name}`,
      uid,
      node: this.#env.host,
      ip,
      state: 'ready',
    });
    return id;
  }

  #allocate(id: string, { metadata }: PodSandboxConfig): string {
    const failure = (text: string): CriFailure =>
      new CriFailure('Unknown', `failed to setup network for sandbox "${id}": ${text}`);
    if (this.#podCidr === undefined) throw failure('cni plugin not initialized');
    const used = new Set([
      ...this.#reserved,
      ...this.#records
        .values()
        .filter((record) => !record.config.hostNetwork)
        .map((record) => record.ip),
    ]);
    const ip = nextAddress(this.#podCidr, this.#env.disk.read(LAST_RESERVED), used);
    if (ip === undefined)
      throw failure(
        `plugin type="bridge" failed (add): failed to allocate for range 0: no IP addresses available in range set: ${this.#podCidr} for ${metadata.namespace}/${metadata.name}`,
      );
    this.#env.disk.write(LAST_RESERVED, ip);
    return ip;
  }

  find(id: string): SandboxRecord | undefined {
    return this.#records.find(id);
  }

  must(id: string): SandboxRecord {
    const record = this.find(id);
    if (record === undefined) throw notFound('sandbox', id);
    return record;
  }

  stop(id: string): void {
    const record = this.must(id);
    if (record.ready) {
      this.#records.put({ ...record, ready: false });
      const { namespace, name, uid } = record.config.metadata;
      this.#env.trace({ type: 'pod.sandbox', pod: `${namespace}/${name}`, uid, node: this.#env.host, state: 'gone' });
      if (!record.config.hostNetwork) this.#env.net.releaseAddress(record.ip);
    }
    this.#env.disk.fsync(() => {});
  }

  remove(id: string): void {
    const record = this.must(id);
    if (record.ready) this.stop(id);
    this.#records.remove(id);
    this.#env.disk.fsync(() => {});
  }

  status(id: string): PodSandbox {
    return toPodSandbox(this.must(id));
  }

  list(): readonly PodSandbox[] {
    return this.#records.values().map(toPodSandbox);
  }
}

function toPodSandbox({ id, config, createdAt, ip, ready }: SandboxRecord): PodSandbox {
  const { metadata, labels, annotations, hostNetwork } = config;
  return {
    id,
    metadata,
    labels,
    annotations,
    hostNetwork,
    createdAt,
    state: ready ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
    ...(ready && !hostNetwork ? { ip } : {}),
  };
}
