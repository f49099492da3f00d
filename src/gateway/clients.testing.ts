import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GodView } from '../cluster/god-view.ts';
import { parseServeOptions } from './serve-options.ts';
import { startServing, type Serving } from './serving.ts';
import { writeKubeconfig } from './kubeconfig.ts';

const clients = join(import.meta.dirname, '..', '..', '.cache', 'clients');

/** Real kubectl, where `npm test` (scripts/real-clients.mjs) has unpacked it or $KUBECTL names one. */
export const realKubectl = [process.env['KUBECTL'] ?? '', join(clients, 'kubectl')].find((path) => existsSync(path));

/** A line of which all that can be compared is one text. */
const withCode = (line: string): string => `${line} 2>&1; echo "[exit $?]"`;

export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as it came. */
  readonly bytes: Buffer;
}

/** A served cluster, with a real kubectl and the terminal of the laptop beside it. */
export class Bench {
  readonly serving: Serving;
  readonly folder = mkdtempSync(join(tmpdir(), 'kubarium-door-'));
  readonly view = new GodView();
  readonly kubeconfig = join(this.folder, 'kubeconfig');

  constructor(serving: Serving) {
    this.serving = serving;
    writeKubeconfig(this.kubeconfig, serving.address);
  }

  static async start(...flags: string[]): Promise<Bench> {
    const bench = new Bench(await startServing(parseServeOptions(flags)));
    await bench.serving.session.observe((batch) => bench.view.fold(batch));
    return bench;
  }

  #environment(): NodeJS.ProcessEnv {
    return { PATH: process.env['PATH'], HOME: this.folder, KUBECONFIG: this.kubeconfig };
  }

  /** Runs the real kubectl to its end. */
  kubectl(args: readonly string[], stdin?: string | Uint8Array, more: NodeJS.ProcessEnv = {}): Promise<Printed> {
    return new Promise((resolve) => {
      const options = {
        env: { ...this.#environment(), ...more },
        cwd: this.folder,
        timeout: 60_000,
        maxBuffer: 64 * 1024 * 1024,
        encoding: 'buffer',
      } as const;
      const child = execFile(realKubectl ?? '', args, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
        resolve({ code, stdout: stdout.toString(), stderr: stderr.toString(), bytes: stdout });
      });
      child.stdin?.end(stdin ?? '');
    });
  }

  /** Has bash run a line with the real kubectl to hand: output, errors and the exit code in one text. */
  shell(line: string): Promise<string> {
    const env = {
      PATH: `${dirname(realKubectl ?? '')}:/usr/bin:/bin`,
      HOME: this.folder,
      KUBECONFIG: this.kubeconfig,
      GOGC: 'off',
    };
    return new Promise((resolve) => {
      const options = { env, cwd: this.folder, timeout: 100_000, maxBuffer: 16 * 1024 * 1024 };
      execFile('/bin/bash', ['-c', withCode(line)], options, (_error, stdout) => resolve(stdout)).stdin?.end();
    });
  }

  /** The same in the shell of the laptop, with its own kubectl. */
  laptop(line: string): Promise<string> {
    return this.type(withCode(line));
  }

  /** A kubectl that goes on (-w, port-forward), with what it has printed. */
  start(
    args: readonly string[],
    more: NodeJS.ProcessEnv = {},
  ): { readonly child: ChildProcess; until(text: string | RegExp): Promise<string> } {
    const child = spawn(realKubectl ?? '', args, { env: { ...this.#environment(), ...more }, cwd: this.folder });
    let printed = '';
    const waiting = new Set<() => void>();
    const take = (data: Buffer): void => {
      printed += data.toString();
      for (const look of waiting) look();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    return {
      child,
      until: (text) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            if (typeof text === 'string' ? !printed.includes(text) : !text.test(printed)) return;
            waiting.delete(look);
            resolve(printed);
          };
          waiting.add(look);
          child.once('exit', () => reject(new Error(`it ended, and printed only: ${printed}`)));
          look();
        }),
    };
  }

  /** Types a line into the laptop's terminal of the same cluster; returns what it printed. */
  async type(line: string, session = 1): Promise<string> {
    if (!this.view.sessions.has(session)) {
      await this.#send({ session, kind: 'open' });
      await this.#prompt(session);
    }
    this.view.sessions.set(session, { text: '', prompt: false });
    await this.#send({ session, kind: 'line', text: line });
    await this.#prompt(session);
    return this.view.sessions.get(session)?.text ?? '';
  }

  async #send(message: Readonly<Record<string, unknown>>): Promise<void> {
    await this.serving.session.input({ kind: 'text', process: 'laptop/terminal', text: JSON.stringify(message) });
  }

  /** Resolves when the prompt is back: looked at whenever the run tells what happened. */
  #prompt(session: number): Promise<void> {
    return new Promise((resolve) => {
      let observer: number | undefined;
      let done = false;
      const look = (): void => {
        if (done || this.view.sessions.get(session)?.prompt !== true) return;
        done = true;
        if (observer !== undefined) void this.serving.session.unobserve(observer);
        resolve();
      };
      void this.serving.session.observe(look).then((id) => {
        observer = id;
        look();
      });
    });
  }

  async stop(): Promise<void> {
    await this.serving.close();
    await this.serving.session.stop();
  }
}
