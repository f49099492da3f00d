import { formatNanoTime, parseTime } from '../../lib/time.ts';
import type { Disk, Env, Micros } from '../../sim/env.ts';

/** A log file longer than this is rotated: its older half is dropped, as the kubelet keeps only the newest files. */
const MAX_LOG_BYTES = 1_048_576;
/** containerd splits longer lines. */
const MAX_LINE = 16_384;

/** Log files in CRI's format, `<time> stdout F <text>`, one per container. */
export class Logs {
  readonly #env: Env;
  readonly #partial = new Map<string, string>();
  readonly #followers = new Map<string, Set<(lines: string) => void>>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Output of a container: whole lines go to its file. */
  write(id: string, text: string, stream: 'stdout' | 'stderr'): void {
    const key = `${id}/${stream}`;
    const lines = ((this.#partial.get(key) ?? '') + text).split('\n');
    let rest = lines.pop() ?? '';
    const stamp = formatNanoTime(this.#env.now());
    let out = lines.map((line) => `${stamp} ${stream} F ${line}\n`).join('');
    while (rest.length > MAX_LINE) {
      out += `${stamp} ${stream} P ${rest.slice(0, MAX_LINE)}\n`;
      rest = rest.slice(MAX_LINE);
    }
    this.#partial.set(key, rest);
    this.#append(id, out);
  }

  /** The container has ended: what it left without a newline is a line too. */
  close(id: string): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#partial.get(`${id}/${stream}`) ?? '';
      if (rest !== '') this.#append(id, `${formatNanoTime(this.#env.now())} ${stream} P ${rest}\n`);
      this.#partial.delete(`${id}/${stream}`);
    }
  }

  read(id: string): string {
    return this.#env.disk.read(logPath(id)) ?? '';
  }

  remove(id: string): void {
    this.#env.disk.remove(logPath(id));
  }

  follow(id: string, on: (lines: string) => void): () => void {
    const followers = this.#followers.get(id) ?? new Set();
    followers.add(on);
    this.#followers.set(id, followers);
    return () => followers.delete(on);
  }

  #append(id: string, lines: string): void {
    if (lines === '') return;
    const { disk } = this.#env;
    disk.append(logPath(id), lines);
    rotate(disk, logPath(id));
    for (const on of this.#followers.get(id) ?? []) on(lines);
  }
}

function rotate(disk: Disk, path: string): void {
  const text = disk.read(path) ?? '';
  if (text.length <= MAX_LOG_BYTES) return;
  const cut = text.indexOf('\n', Math.floor(MAX_LOG_BYTES / 2));
  disk.write(path, text.slice(cut + 1));
}

function logPath(id: string): string {
  return `/var/log/containers/${id}.log`;
}

/** The lines of a log that a request asks for. */
export function selectLines(text: string, options: { readonly tailLines?: number; readonly since?: Micros }): string {
  let lines = text.split('\n').slice(0, -1);
  const { since, tailLines } = options;
  if (since !== undefined) lines = lines.filter((line) => (parseTime(line.slice(0, line.indexOf(' '))) ?? 0) >= since);
  if (tailLines !== undefined) lines = tailLines === 0 ? [] : lines.slice(-tailLines);
  return lines.map((line) => `${line}\n`).join('');
}
