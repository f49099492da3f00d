import type { Invariant } from './invariant.ts';

/** client-go's promise: a list or watch of an informer never takes it back in time. */
export const beliefsInOrder: Invariant = {
  name: 'watch in order',
  says: 'What a component has seen of a kind never goes back to an older resourceVersion.',
  create() {
    const seen = new Map<string, Map<string, number>>();
    return (event) => {
      if (event.kind === 'process') {
        if (event.state === 'exited') seen.delete(event.process);
        return undefined;
      }
      if (event.kind === 'host') {
        if (event.state === 'off')
          for (const process of [...seen.keys()]) if (process.startsWith(`${event.host}/`)) seen.delete(process);
        return undefined;
      }
      if (event.kind !== 'note' || event.note.type !== 'belief') return undefined;
      const { resource, resourceVersion } = event.note;
      const mine = seen.get(event.source) ?? new Map<string, number>();
      seen.set(event.source, mine);
      const before = mine.get(resource) ?? 0;
      const now = Number(resourceVersion);
      mine.set(resource, now);
      return now < before ? `${event.source} saw ${resource} at ${now} after ${before}` : undefined;
    };
  },
};
