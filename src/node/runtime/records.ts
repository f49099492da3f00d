import type { ContainerConfig, ContainerState, PodSandboxConfig } from '../../api/cri.ts';
import type { Disk, Env, Micros } from '../../sim/env.ts';

/** A sandbox as containerd keeps it on disk. */
export interface SandboxRecord {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly createdAt: Micros;
  /** Uptime at creation: larger than the present uptime means that the machine was rebooted since. */
  readonly createdUptime: Micros;
  readonly ip: string;
  readonly ready: boolean;
}

export interface ContainerRecord {
  readonly id: string;
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  /** Fully qualified: `docker.io/library/nginx:1.29`. */
  readonly image: string;
  readonly imageRef: string;
  readonly createdAt: Micros;
  readonly state: ContainerState;
  readonly startedAt: Micros;
  readonly finishedAt: Micros;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
}

export interface ImageRecord {
  /** `docker.io/library/nginx:1.29`. */
  readonly name: string;
  readonly digest: string;
  readonly pulledAt: Micros;
}

const ROOT = '/var/lib/containerd';

/** Keeps records of one type in files, one each, and in memory. */
export class RecordStore<T extends { readonly id: string }> {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #records = new Map<string, T>();

  constructor(env: Env, directory: string, decode: (text: string) => T) {
    this.#disk = env.disk;
    this.#directory = `${ROOT}/${directory}`;
    for (const path of env.disk.list(`${this.#directory}/`)) {
      const record = decode(env.disk.read(path) ?? '');
      this.#records.set(record.id, record);
    }
  }

  get(id: string): T | undefined {
    return this.#records.get(id);
  }

  /** By the beginning of the id too, as crictl allows. */
  find(id: string): T | undefined {
    const exact = this.#records.get(id);
    if (exact !== undefined || id === '') return exact;
    const matches = [...this.#records.values()].filter((record) => record.id.startsWith(id));
    return matches.length === 1 ? matches[0] : undefined;
  }

  values(): readonly T[] {
    return [...this.#records.values()];
  }

  /** A new one. False: there is no room for it, and it is not there. */
  add(record: T): boolean {
    if (!this.#disk.write(this.#pathOf(record.id), JSON.stringify(record))) return false;
    this.#records.set(record.id, record);
    return true;
  }

  /** With no room the change is known only until the next restart. */
  put(record: T): void {
    this.#records.set(record.id, record);
    this.#disk.write(this.#pathOf(record.id), JSON.stringify(record));
  }

  #pathOf(id: string): string {
    return `${this.#directory}/${id}.json`;
  }

  remove(id: string): void {
    this.#records.delete(id);
    this.#disk.remove(this.#pathOf(id));
  }
}

export function decodeSandbox(text: string): SandboxRecord {
  return JSON.parse(text) as SandboxRecord;
}
export function decodeContainer(text: string): ContainerRecord {
  return JSON.parse(text) as ContainerRecord;
}
export function decodeImage(text: string): ImageRecord & { readonly id: string } {
  return JSON.parse(text) as ImageRecord & { readonly id: string };
}
