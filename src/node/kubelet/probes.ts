import type { ContainerStatus as RuntimeContainer } from '../../api/cri.ts';
import type { Container, Pod, PodStatus, Probe } from '../../api/types.gen.ts';
import type { EventRecorder } from '../../client/contract.ts';
import { SECOND, type Env, type Micros } from '../../sim/env.ts';
import { RpcFailure } from '../../sim/http.ts';
import type { ProbeResults, ProbeVerdict } from './compute-actions.ts';
import { RuntimeFailure, type CriClient } from './cri-client.ts';
import { allContainers, containerRef, isRestartableInit, podPath, uidOf } from './format.ts';
import { httpFailureText, httpGet, portOf } from './hooks.ts';
import type { Pleg } from './pleg.ts';
import { findContainer, podIpOf } from './runtime-status.ts';

type ProbeKind = 'liveness' | 'readiness' | 'startup';
const KINDS: readonly ProbeKind[] = ['startup', 'readiness', 'liveness'];
const TITLES: Readonly<Record<ProbeKind, string>> = {
  liveness: 'Liveness',
  readiness: 'Readiness',
  startup: 'Startup',
};

interface Worker {
  readonly uid: string;
  readonly container: string;
  readonly kind: ProbeKind;
  stopped: boolean;
  /** Ends the pause before the next attempt. */
  wake: (() => void) | undefined;
}

interface Attempt {
  readonly ok: boolean;
  readonly text: string;
}

/** Says so when a container's verdict changed. */
type OnResult = (uid: string, kind: ProbeKind) => void;

/** Probe workers, one per container and probe. Models pkg/kubelet/prober. */
export class Probes {
  readonly #env: Env;
  readonly #cri: CriClient;
  readonly #pleg: Pleg;
  readonly #recorder: EventRecorder;
  readonly #nodeIp: string;
  readonly #podOf: (uid: string) => Pod | undefined;
  readonly #onResult: OnResult;
  readonly #startedAt: Micros;
  readonly #workers = new Map<string, Worker>();
  /** Verdicts by kind and container id. */
  readonly #verdicts: Readonly<Record<ProbeKind, Map<string, 'success' | 'failure'>>> = {
    liveness: new Map(),
    readiness: new Map(),
    startup: new Map(),
  };
  readonly results: ProbeResults = {
    liveness: (id) => this.#verdicts.liveness.get(id),
    startup: (id) => this.#verdicts.startup.get(id),
  };

  constructor(
    env: Env,
    parts: {
      readonly cri: CriClient;
      readonly pleg: Pleg;
      readonly recorder: EventRecorder;
      readonly nodeIp: string;
      readonly podOf: (uid: string) => Pod | undefined;
      readonly onResult: OnResult;
    },
  ) {
    this.#env = env;
    this.#cri = parts.cri;
    this.#pleg = parts.pleg;
    this.#recorder = parts.recorder;
    this.#nodeIp = parts.nodeIp;
    this.#podOf = parts.podOf;
    this.#onResult = parts.onResult;
    this.#startedAt = env.uptime();
  }

  addPod(pod: Pod): void {
    for (const container of allContainers(pod)) {
      if (pod.spec.initContainers?.includes(container) === true && !isRestartableInit(container)) continue;
      for (const kind of KINDS) {
        const probe = probeOf(container, kind);
        const key = `${uidOf(pod)}/${container.name}/${kind}`;
        if (probe === undefined || this.#workers.has(key)) continue;
        const worker: Worker = { uid: uidOf(pod), container: container.name, kind, stopped: false, wake: undefined };
        this.#workers.set(key, worker);
        this.#env.spawn(() => this.#run(key, worker));
      }
    }
  }

  /** A pod that ends is no longer asked whether it lives. */
  stopLivenessAndStartup(uid: string): void {
    for (const worker of this.#workers.values())
      if (worker.uid === uid && worker.kind !== 'readiness') worker.stopped = true;
  }

  removePod(uid: string): void {
    for (const [key, worker] of this.#workers) {
      if (worker.uid !== uid) continue;
      worker.stopped = true;
      this.#workers.delete(key);
    }
  }

  /** Fills in `ready` and `started`. Models UpdatePodStatus. */
  applyTo(pod: Pod, status: PodStatus): PodStatus {
    const apply = (statuses: PodStatus['containerStatuses'], init: boolean): PodStatus['containerStatuses'] =>
      statuses?.map((container) => {
        const spec = allContainers(pod).find(({ name }) => name === container.name);
        if (spec === undefined || (init && !isRestartableInit(spec))) {
          return {
            ...container,
            ready: container.state?.terminated?.exitCode === 0,
            started: container.state?.running !== undefined,
          };
        }
        const id = (container.containerID ?? '').replace('containerd://', '');
        const running = container.state?.running !== undefined;
        const started = running && (spec.startupProbe === undefined || this.#verdicts.startup.get(id) === 'success');
        const ready = started && (spec.readinessProbe === undefined || this.#verdicts.readiness.get(id) === 'success');
        // A container that could be ready now is asked at once, not at its next turn.
        if (started && !ready) this.#workers.get(`${uidOf(pod)}/${container.name}/readiness`)?.wake?.();
        return { ...container, started, ready };
      });
    const containerStatuses = apply(status.containerStatuses, false);
    const initContainerStatuses = apply(status.initContainerStatuses, true);
    return {
      ...status,
      ...(containerStatuses === undefined ? {} : { containerStatuses }),
      ...(initContainerStatuses === undefined ? {} : { initContainerStatuses }),
    };
  }

  async #run(key: string, worker: Worker): Promise<void> {
    const { uid, kind } = worker;
    let id = '';
    let successes = 0;
    let failures = 0;
    let onHold = false;
    for (let first = true; !worker.stopped; first = false) {
      const pod = this.#podOf(uid);
      const container =
        pod === undefined ? undefined : allContainers(pod).find(({ name }) => name === worker.container);
      const probe = container === undefined ? undefined : probeOf(container, kind);
      if (pod === undefined || container === undefined || probe === undefined) break;
      const period = (probe.periodSeconds ?? 10) * SECOND;
      if (!first) await this.#pause(worker, period);
      // After its own start a kubelet spreads the first probes over a period.
      else if (this.#env.uptime() - this.#startedAt < period) await this.#pause(worker, this.#env.random.below(period));
      if (worker.stopped) break;
      const current = findContainer(this.#pleg.get(uid), worker.container);
      if (current === undefined) continue;
      if (current.id !== id) {
        if (id !== '') this.#verdicts[kind].delete(id);
        ({ id } = current);
        [successes, failures, onHold] = [0, 0, false];
        if (kind !== 'liveness') this.#verdicts[kind].delete(id);
      }
      if (onHold) continue;
      if (current.state !== 'CONTAINER_RUNNING') {
        this.#verdicts[kind].delete(id);
        if (current.state === 'CONTAINER_EXITED' && pod.spec.restartPolicy === 'Never') break;
        continue;
      }
      if (this.#env.now() - current.startedAt < (probe.initialDelaySeconds ?? 0) * SECOND) continue;
      const started = container.startupProbe === undefined || this.#verdicts.startup.get(id) === 'success';
      // A startup probe has done its work once it succeeded; the others wait for it.
      if (kind === 'startup' ? started : !started) continue;
      const attempt = await this.#probe(pod, container, current, probe);
      if (worker.stopped) break;
      this.#env.trace({
        type: 'probe',
        pod: podPath(pod),
        container: container.name,
        probe: kind,
        result: attempt.ok ? 'success' : 'failure',
        text: attempt.text,
      });
      if (attempt.ok) [successes, failures] = [successes + 1, 0];
      else {
        [successes, failures] = [0, failures + 1];
        this.#recorder.event(
          containerRef(pod, container),
          'Warning',
          'Unhealthy',
          `${TITLES[kind]} probe failed: ${attempt.text}`,
        );
      }
      if (attempt.ok ? successes < (probe.successThreshold ?? 1) : failures < (probe.failureThreshold ?? 3)) continue;
      this.#decide(uid, kind, id, attempt.ok ? 'success' : 'failure');
      // The container is about to be restarted: nothing more to learn from this one.
      if (!attempt.ok && kind !== 'readiness') onHold = true;
    }
    if (this.#workers.get(key) === worker) this.#workers.delete(key);
  }

  /** Sleeps until the next attempt is due, or somebody wants it sooner. */
  async #pause(worker: Worker, time: Micros): Promise<void> {
    const { promise, resolve } = this.#env.deferred<void>();
    const cancel = this.#env.after(time, () => resolve());
    worker.wake = () => resolve();
    await promise;
    cancel();
    worker.wake = undefined;
  }

  #decide(uid: string, kind: ProbeKind, id: string, verdict: 'success' | 'failure'): void {
    const before: ProbeVerdict = this.#verdicts[kind].get(id);
    if (before === verdict) return;
    this.#verdicts[kind].set(id, verdict);
    this.#onResult(uid, kind);
  }

  async #probe(pod: Pod, container: Container, current: RuntimeContainer, probe: Probe): Promise<Attempt> {
    const timeout = (probe.timeoutSeconds ?? 1) * SECOND;
    const podIp = podIpOf(this.#pleg.get(uidOf(pod))) ?? this.#nodeIp;
    if (probe.exec !== undefined)
      return this.#probeExec(current.id, probe.exec.command ?? [], probe.timeoutSeconds ?? 1);
    if (probe.httpGet !== undefined) {
      const port = portOf(probe.httpGet.port, container);
      if (port === undefined) return { ok: false, text: `couldn't find port ${JSON.stringify(probe.httpGet.port)}` };
      const url = `${(probe.httpGet.scheme ?? 'HTTP').toLowerCase()}://${probe.httpGet.host || podIp}:${port}${probe.httpGet.path ?? '/'}`;
      try {
        const { answer } = await httpGet(this.#env, probe.httpGet, port, podIp, timeout, 'kube-probe/1.35');
        if (answer.status >= 200 && answer.status < 400) return { ok: true, text: answer.body.slice(0, 200) };
        return { ok: false, text: `HTTP probe failed with statuscode: ${answer.status}` };
      } catch (error) {
        if (!(error instanceof RpcFailure)) throw error;
        return { ok: false, text: httpFailureText(url, error) };
      }
    }
    const target = probe.tcpSocket ?? probe.grpc;
    if (target === undefined) return { ok: true, text: '' };
    const port = portOf(target.port, container);
    if (port === undefined) return { ok: false, text: `couldn't find port ${JSON.stringify(target.port)}` };
    const host = probe.tcpSocket?.host === undefined || probe.tcpSocket.host === '' ? podIp : probe.tcpSocket.host;
    return this.#probeTcp(`${host}:${port}`, timeout);
  }

  async #probeExec(containerId: string, cmd: readonly string[], timeout: number): Promise<Attempt> {
    try {
      const { exitCode, stdout, stderr } = await this.#cri.call('execSync', { containerId, cmd, timeout });
      return { ok: exitCode === 0, text: stdout + stderr };
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
      if (error.code === 'DeadlineExceeded')
        return { ok: false, text: `command timed out: "${cmd.join(' ')}" timed out after ${timeout}s` };
      return { ok: false, text: error.rpcText };
    }
  }

  async #probeTcp(address: string, timeout: number): Promise<Attempt> {
    const { promise, resolve } = this.#env.deferred<Attempt>();
    const connection = this.#env.connect(
      address,
      {
        open: () => resolve({ ok: true, text: '' }),
        close: (reason) =>
          resolve({
            ok: false,
            text: `dial tcp ${address}: ${reason === 'refused' ? 'connect: connection refused' : reason === 'unreachable' ? 'connect: no route to host' : 'i/o timeout'}`,
          }),
      },
      { protocol: 'kubelet', connectTimeout: timeout },
    );
    const result = await promise;
    connection.close();
    return result;
  }
}

function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  return kind === 'liveness'
    ? container.livenessProbe
    : kind === 'readiness'
      ? container.readinessProbe
      : container.startupProbe;
}
