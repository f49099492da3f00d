import {
  isLinearizable,
  register,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
} from '../../control-plane/etcd/linearizable.ts';
import type { Micros } from '../../sim/env.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import type { RegisterRecord } from './register-client.ts';

export interface RegisterOperation extends Operation<RegisterInput, RegisterOutput> {
  readonly id: string;
  readonly key: number;
}

interface Open {
  readonly key: number;
  readonly input: RegisterInput;
  readonly called: Micros;
}

/** What the register clients did and got, folded from their output. */
export class RegisterHistory {
  readonly #open = new Map<string, Open>();
  readonly #done: RegisterOperation[] = [];
  #calls = 0;

  fold(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (event.kind !== 'output' || !event.process.startsWith('client-')) continue;
      for (const line of event.text.split('\n')) {
        if (line === '') continue;
        const record: RegisterRecord = JSON.parse(line);
        this.#foldOne(record, event.at);
      }
    }
  }

  #foldOne(record: RegisterRecord, at: Micros): void {
    if (record.kind === 'call') {
      this.#calls++;
      this.#open.set(record.id, { key: record.key, input: inputOf(record), called: at });
      return;
    }
    const open = this.#open.get(record.id);
    if (open === undefined) return;
    this.#open.delete(record.id);
    if (record.kind === 'return') this.#done.push({ ...open, id: record.id, output: record.output, returned: at });
  }

  get calls(): number {
    return this.#calls;
  }

  /** Finished ones, and writes of which nobody knows what became: they may take effect at any time after their call. */
  operations(): RegisterOperation[] {
    const unknown = [...this.#open].filter(([, { input }]) => input.op !== 'read');
    return [
      ...this.#done,
      ...unknown.map(([id, open]) => ({ ...open, id, output: undefined, returned: Number.POSITIVE_INFINITY })),
    ];
  }
}

function inputOf(record: RegisterRecord & { readonly kind: 'call' }): RegisterInput {
  const value = record.value ?? '';
  if (record.op === 'read') return { op: 'read' };
  return record.op === 'write' ? { op: 'write', value } : { op: 'cas', from: record.from ?? '', to: value };
}

/** The registers of which the operations could not have happened one after another. Registers do not touch one another. */
export function notLinearizable(operations: readonly RegisterOperation[]): number[] {
  const keys = [...new Set(operations.map(({ key }) => key))].sort((a, b) => a - b);
  return keys.filter(
    (key) =>
      !isLinearizable(
        register,
        operations.filter((operation) => operation.key === key),
      ),
  );
}
