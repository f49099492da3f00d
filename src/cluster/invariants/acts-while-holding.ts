import { SECOND, type Micros } from '../../sim/env.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import type { Invariant } from './invariant.ts';

const ELECTED: ReadonlySet<string> = new Set(['kube-scheduler', 'kube-controller-manager']);
/** Candidates renew leases and tell of themselves in events; everything else is acting. */
const NOT_ACTING = /\/(leases|events|tokenreviews|subjectaccessreviews|token)(\/|\?|$)/;
const READS = /^GET \/apis\/coordination.k8s.io\/v1\/namespaces\/kube-system\/leases\/kube-/;
const ACTING = /^(POST|PUT|PATCH|DELETE) \/api/;
/** client-go's defaults, which kubeadm leaves as they are. */
const RETRY_PERIOD: Micros = 2 * SECOND;
const RENEW_DEADLINE: Micros = 10 * SECOND;
/**
 * What was stopped while an answer was on its way takes that for a renewal when it goes on, waits for the retry period, and gives
 * up only when the next renewal's deadline is over: in client-go as here it may act meanwhile, though another has the lease.
 */
const WAKING: Micros = RETRY_PERIOD + RENEW_DEADLINE;
/**
 * What is starved comes to its timers late, but to one after the other: before the deadline of a renewal it has read the lease
 * once in each retry period, and no more often.
 */
const TRIES = RENEW_DEADLINE / RETRY_PERIOD + 1;
const KEPT = 2_000;

interface Elected {
  /** The lease that it holds, as it believes. */
  lease: string | undefined;
  /** What it sends at the instant of losing it was sent before: notes are recorded ahead of packets. */
  lostAt: Micros;
  awake: Micros;
  /** How often it has read the lease since another has it: for nothing. */
  tries: number;
}

/** "At most one holder acts": no fencing token guards the API, so that the holders themselves must stop in time. */
export const actsWhileHolding: Invariant = {
  name: 'only the holder acts',
  says: 'A scheduler or controller manager writes only between acquiring its lease and losing it, and never while another holds it.',
  hears: ['host', 'process', 'fault', 'lease', 'request'],
  create() {
    const processes = new Map<string, Elected>();
    /** Machines on which something comes to its timers late, and how often that was asked for. */
    const slow = new Map<string, number>();
    const holders = new Map<string, string>();
    /** What holders have sent: a kernel may send it once more, even when the process is gone. */
    const sent = new Set<string>();
    return (event) => {
      if (event.kind === 'process' || event.kind === 'host') follow(processes, event);
      if (event.kind === 'fault') followSlowness(processes, slow, event);
      if (event.kind === 'note' && event.note.type === 'lease') {
        const { lease, state } = event.note;
        const process = processes.get(event.source);
        if (process !== undefined) {
          process.lease = state === 'acquired' ? lease : undefined;
          if (state === 'lost') process.lostAt = event.at;
        }
        if (state === 'acquired') {
          holders.set(lease, event.source);
          for (const other of processes.values()) if (other.lease === lease) other.tries = 0;
        }
      }
      if (event.kind !== 'packet' || event.label === undefined) return undefined;
      const process = processes.get(event.from);
      const { text } = event.label;
      if (process === undefined) return undefined;
      const reads = READS.test(text);
      if (!reads && (!ACTING.test(text) || NOT_ACTING.test(text))) return undefined;
      const id = `${event.connection} ${event.packet}`;
      if (sent.has(id)) return undefined;
      sent.add(id);
      if (sent.size > KEPT) sent.delete(sent.values().next().value ?? '');
      if (reads) process.tries++;
      if (reads) return undefined;
      if (process.lease === undefined)
        return event.at > process.lostAt ? `${event.from} sent ${text} without holding its lease` : undefined;
      const holder = holders.get(process.lease);
      const isSlow = (slow.get(hostOf(event.from)) ?? 0) > 0;
      const excused = process.tries <= TRIES && (isSlow || event.at <= process.awake + WAKING);
      return holder !== event.from && !excused
        ? `${event.from} sent ${text} though ${holder ?? 'nobody'} holds its lease`
        : undefined;
    };
  },
};

function follow(processes: Map<string, Elected>, event: TraceEvent & { readonly kind: 'process' | 'host' }): void {
  if (event.kind === 'host') {
    if (event.state !== 'resumed') return;
    for (const [id, process] of processes) if (id.startsWith(`${event.host}/`)) process.awake = event.at;
    return;
  }
  if (event.state === 'exited') processes.delete(event.process);
  else if (event.state === 'started' && ELECTED.has(event.program))
    processes.set(event.process, { lease: undefined, lostAt: -1, awake: -WAKING, tries: 0 });
  const process = processes.get(event.process);
  if (event.state === 'resumed' && process !== undefined) process.awake = event.at;
}

/** A deadline that a starved process has not come to yet has not passed for it. */
function followSlowness(
  processes: Map<string, Elected>,
  slow: Map<string, number>,
  event: TraceEvent & { readonly kind: 'fault' },
): void {
  if (!event.command.startsWith('slow ')) return;
  for (const host of event.targets.map(hostOf)) {
    slow.set(host, (slow.get(host) ?? 0) + (event.state === 'injected' ? 1 : -1));
    for (const [id, process] of processes) if (hostOf(id) === host) process.awake = event.at;
  }
}

function hostOf(id: string): string {
  return id.split('/')[0] ?? '';
}
