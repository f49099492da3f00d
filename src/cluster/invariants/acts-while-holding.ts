import type { Invariant } from './invariant.ts';

const ELECTED: ReadonlySet<string> = new Set(['kube-scheduler', 'kube-controller-manager']);
/** Candidates renew leases and tell of themselves in events; everything else is acting. */
const NOT_ACTING = /\/(leases|events|tokenreviews|subjectaccessreviews|token)(\/|\?|$)/;

/** "At most one holder acts": no fencing token guards the API, so that the holders themselves must stop in time. */
export const actsWhileHolding: Invariant = {
  name: 'only the holder acts',
  says: 'A scheduler or controller manager writes only between acquiring its lease and losing it.',
  hears: ['process', 'lease', 'request'],
  create() {
    const holding = new Map<string, boolean>();
    return (event) => {
      if (event.kind === 'process') {
        if (event.state === 'exited') holding.delete(event.process);
        else if (event.state === 'started' && ELECTED.has(event.program)) holding.set(event.process, false);
      } else if (event.kind === 'note') {
        if (event.note.type === 'lease') holding.set(event.source, event.note.state === 'acquired');
      } else if (event.kind === 'packet' && event.label?.shape === 'request' && holding.get(event.from) === false) {
        const { text } = event.label;
        if (/^(POST|PUT|PATCH|DELETE) \/api/.test(text) && !NOT_ACTING.test(text))
          return `${event.from} sent ${text} without holding its lease`;
      }
      return undefined;
    };
  },
};
