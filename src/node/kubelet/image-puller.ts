import type { Container, Pod } from '../../api/types.gen.ts';
import { quote } from '../../api/status.ts';
import type { EventRecorder } from '../../client/contract.ts';
import { formatDuration } from '../../lib/duration.ts';
import { MILLISECOND, SECOND, type Env, type Micros } from '../../sim/env.ts';
import { BackOff } from './back-off.ts';
import { RuntimeFailure, UNLIMITED, type CriClient } from './cri-client.ts';
import { containerRef, uidOf } from './format.ts';

export type PullOutcome =
  | { readonly image: string }
  | {
      readonly reason: string;
      readonly message: string;
      /** When trying again makes sense. */ readonly retryAt?: Micros;
    };

const INITIAL: Micros = 10 * SECOND;
const MAX: Micros = 300 * SECOND;

/** Sees that a container's image is on the node. Pulls run one at a time (serializeImagePulls). Models pkg/kubelet/images. */
export class ImagePuller {
  readonly #env: Env;
  readonly #cri: CriClient;
  readonly #recorder: EventRecorder;
  readonly #backOff: BackOff;
  readonly #lastError = new Map<string, string>();
  readonly #queue: (() => void)[] = [];
  #busy = false;

  constructor(env: Env, cri: CriClient, recorder: EventRecorder) {
    this.#env = env;
    this.#cri = cri;
    this.#recorder = recorder;
    this.#backOff = new BackOff(env, INITIAL, MAX);
  }

  async ensure(pod: Pod, container: Container): Promise<PullOutcome> {
    const name = container.image ?? '';
    const ref = containerRef(pod, container);
    const warn = (reason: string, message: string): void => this.#recorder.event(ref, 'Warning', reason, message);
    if (!isImageName(name)) {
      const message = `Failed to apply default image tag ${quote(name)}: couldn't parse image name ${quote(name)}: invalid reference format`;
      warn('InspectFailed', message);
      return { reason: 'InvalidImageName', message };
    }
    const image = withDefaultTag(name);
    let present: boolean;
    try {
      present = (await this.#cri.call('imageStatus', { image })).image !== undefined;
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
      const message = `Failed to inspect image ${quote(name)}: ${error.rpcText}`;
      warn('InspectFailed', message);
      return { reason: 'ImageInspectError', message };
    }
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    if (present && policy !== 'Always') {
      this.#recorder.event(
        ref,
        'Normal',
        'Pulled',
        `Container image ${quote(name)} already present on machine and can be accessed by the pod`,
      );
      return { image };
    }
    if (policy === 'Never') {
      const message = `Container image ${quote(name)} is not present with pull policy of Never`;
      warn('ErrImageNeverPull', message);
      return { reason: 'ErrImageNeverPull', message };
    }
    return this.#pull(pod, container, image);
  }

  async #pull(pod: Pod, container: Container, image: string): Promise<PullOutcome> {
    const name = container.image ?? '';
    const ref = containerRef(pod, container);
    const key = `${uidOf(pod)}_${name}`;
    if (this.#backOff.isInBackOffSinceUpdate(key)) {
      const text = `Back-off pulling image ${quote(name)}`;
      this.#recorder.event(ref, 'Normal', 'BackOff', text);
      const last = this.#lastError.get(key);
      return {
        reason: 'ImagePullBackOff',
        message: last === undefined ? text : `${text}: ${last}`,
        retryAt: this.#backOff.lastUpdate(key) + this.#backOff.get(key),
      };
    }
    this.#recorder.event(ref, 'Normal', 'Pulling', `Pulling image ${quote(name)}`);
    const asked = this.#env.uptime();
    await this.#acquire();
    const started = this.#env.uptime();
    try {
      await this.#cri.call('pullImage', { image }, UNLIMITED);
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
      const text = error.code === 'Unknown' ? error.message : error.rpcText;
      this.#recorder.event(ref, 'Warning', 'Failed', `Failed to pull image ${quote(name)}: ${text}`);
      this.#backOff.next(key, this.#env.now());
      this.#lastError.set(key, `ErrImagePull: ${text}`);
      return { reason: 'ErrImagePull', message: text, retryAt: this.#backOff.lastUpdate(key) + this.#backOff.get(key) };
    } finally {
      this.#release();
    }
    const ended = this.#env.uptime();
    const took = (from: Micros): string => formatDuration(Math.floor((ended - from) / MILLISECOND) * MILLISECOND);
    const size = (await this.#sizeOf(image)) ?? 0;
    this.#recorder.event(
      ref,
      'Normal',
      'Pulled',
      `Successfully pulled image ${quote(name)} in ${took(started)} (${took(asked)} including waiting). Image size: ${size} bytes.`,
    );
    this.#lastError.delete(key);
    return { image };
  }

  async #sizeOf(image: string): Promise<number | undefined> {
    try {
      return (await this.#cri.call('imageStatus', { image })).image?.size;
    } catch (error) {
      if (error instanceof RuntimeFailure) return undefined;
      throw error;
    }
  }

  forget(uid: string): void {
    this.#backOff.forget(`${uid}_`);
    for (const key of this.#lastError.keys()) if (key.startsWith(`${uid}_`)) this.#lastError.delete(key);
  }

  async #acquire(): Promise<void> {
    if (!this.#busy) {
      this.#busy = true;
      return;
    }
    const { promise, resolve } = this.#env.deferred<void>();
    this.#queue.push(resolve);
    await promise;
  }

  #release(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#busy = false;
    else next();
  }
}

function isImageName(name: string): boolean {
  return /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+|\/[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/.test(
    name,
  );
}

/** The name that the runtime is asked for: with a tag, but not otherwise completed. */
function withDefaultTag(name: string): string {
  return /@sha256:|:[\w][\w.-]*$/.test(name.slice(name.lastIndexOf('/') + 1)) ? name : `${name}:latest`;
}
