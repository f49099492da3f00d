import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { parse } from 'yaml';
import type { Pod } from '../../api/types.gen.ts';
import { scanJson } from '../../api/json-scan.ts';
import { isObject } from '../../lib/json.ts';
import { formatNanoTime } from '../../lib/time.ts';
import { SECOND, type Env } from '../../sim/env.ts';
import { ANNOTATION, uidOf } from './format.ts';

/** --file-check-frequency */
const CHECK_PERIOD = 20 * SECOND;

/** Pods from the files of a directory. Models pkg/kubelet/config/file.go. */
export class StaticPods {
  readonly #env: Env;
  readonly #directory: string;
  readonly #nodeName: string;
  readonly #texts = new Map<string, string>();
  readonly #pods = new Map<string, Pod>();

  constructor(env: Env, directory: string, nodeName: string) {
    this.#env = env;
    this.#directory = directory;
    this.#nodeName = nodeName;
  }

  start(on: { set(pod: Pod): void; remove(pod: Pod): void }): void {
    const check = (): void => {
      this.#check(on);
      this.#env.after(CHECK_PERIOD, check);
    };
    check();
  }

  #check(on: { set(pod: Pod): void; remove(pod: Pod): void }): void {
    const found = new Map<string, string>();
    for (const path of this.#env.disk.list(`${this.#directory}/`)) {
      const name = path.slice(this.#directory.length + 1);
      if (!name.startsWith('.') && !name.includes('/')) found.set(path, this.#env.disk.read(path) ?? '');
    }
    for (const [path, text] of [...this.#texts]) {
      if (found.get(path) === text) continue;
      const pod = this.#pods.get(path);
      this.#texts.delete(path);
      this.#pods.delete(path);
      if (pod !== undefined) on.remove(pod);
    }
    for (const [path, text] of found) {
      if (this.#texts.has(path)) continue;
      this.#texts.set(path, text);
      const pod = this.#decode(path, text);
      if (pod === undefined || [...this.#pods.values()].some((other) => uidOf(other) === uidOf(pod))) continue;
      this.#pods.set(path, pod);
      on.set(pod);
    }
  }

  #decode(path: string, text: string): Pod | undefined {
    let manifest: unknown;
    try {
      manifest = text.startsWith('{') ? parseJson(text) : parse(text);
    } catch (error) {
      this.#env.print(
        `Could not process manifest file "${path}": ${error instanceof Error ? error.message : ''}\n`,
        'stderr',
      );
      return undefined;
    }
    if (!isPod(manifest)) {
      this.#env.print(
        `Could not process manifest file "${path}": "${path}": couldn't parse as pod(no kind "Pod"), please check config file\n`,
        'stderr',
      );
      return undefined;
    }
    return staticPod(manifest, text, this.#nodeName, this.#env.now());
  }
}

/** Models apimachinery's yaml.ToJSON: what begins as JSON is JSON. An error is in Go's words, not in those of the engine. */
function parseJson(text: string): unknown {
  const { error } = scanJson(text);
  if (error !== undefined) throw new Error(error);
  return JSON.parse(text);
}

function isPod(value: unknown): value is Pod {
  return (
    isObject(value) &&
    value['kind'] === 'Pod' &&
    isObject(value['metadata']) &&
    isObject(value['spec']) &&
    Array.isArray(value['spec']['containers'])
  );
}

/** What the kubelet adds to a pod from a file, and what the API would have defaulted. */
export function staticPod(pod: Pod, text: string, nodeName: string, now: number): Pod {
  const uid = pod.metadata.uid ?? bytesToHex(sha256(utf8ToBytes(`host:${nodeName}\n${text}`))).slice(0, 32);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...pod.metadata,
      uid,
      name: `${pod.metadata.name}-${nodeName}`,
      namespace: pod.metadata.namespace ?? 'default',
      generation: 1,
      annotations: {
        ...pod.metadata.annotations,
        [ANNOTATION.hash]: uid,
        [ANNOTATION.seen]: formatNanoTime(now),
        [ANNOTATION.source]: 'file',
      },
    },
    spec: {
      ...pod.spec,
      nodeName,
      restartPolicy: pod.spec.restartPolicy ?? 'Always',
      terminationGracePeriodSeconds: pod.spec.terminationGracePeriodSeconds ?? 30,
      dnsPolicy: pod.spec.dnsPolicy ?? 'ClusterFirst',
      enableServiceLinks: pod.spec.enableServiceLinks ?? true,
      tolerations: [
        ...(pod.spec.tolerations ?? []).filter(
          ({ operator, effect, key }) => !(operator === 'Exists' && effect === 'NoExecute' && key === undefined),
        ),
        { effect: 'NoExecute', operator: 'Exists' },
      ],
      containers: pod.spec.containers.map((container) => ({
        ...container,
        imagePullPolicy:
          container.imagePullPolicy ?? (/:latest$|^[^:@]*$/.test(container.image ?? '') ? 'Always' : 'IfNotPresent'),
        terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
        terminationMessagePolicy: container.terminationMessagePolicy ?? 'File',
      })),
    },
  };
}
