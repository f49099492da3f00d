import type { WorkerFactory, WorkerPort } from './workers.ts';

/** Workers started ahead of need, so that loading their code overlaps with the boot of what will ask for them. */
export interface Spares {
  /** Hands out a spare that runs the program; makes a worker when there is none. */
  readonly create: WorkerFactory;
  prepare(programs: readonly string[]): void;
  /** Ends those that nobody asked for. */
  stop(): void;
}

/** `fileOf`: programs with the same answer can take each other's spares. */
export function createSpares(make: WorkerFactory, fileOf: (program: string) => string): Spares {
  const waiting = new Map<string, Set<WorkerPort>>();
  return {
    create(worker, program) {
      const ports = waiting.get(fileOf(program));
      for (const port of ports ?? []) {
        ports?.delete(port);
        return port;
      }
      return make(worker, program);
    },
    prepare(programs) {
      for (const program of programs) {
        const file = fileOf(program);
        const ports = waiting.get(file) ?? new Set();
        waiting.set(file, ports);
        const port = make(file, program);
        ports.add(port);
        // One that could not be loaded is of no use: whoever asks then makes a worker and hears why.
        port.onError(() => ports.delete(port));
      }
    },
    stop() {
      for (const ports of waiting.values()) for (const port of ports) port.terminate();
      waiting.clear();
    },
  };
}
