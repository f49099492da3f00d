import { useTrace } from '../stores/trace-store.ts';
import { useView } from '../stores/view-store.ts';
import { control } from './control.ts';

/** Looks at the cluster as it was before the last thing that changed it. */
export function stepBack(): void {
  const { model, status } = useTrace.getState();
  const { playhead, set } = useView.getState();
  if (status.running) void control.pause();
  const from = playhead ?? status.now;
  for (const segment of model.journal.segments.toReversed()) {
    const event = segment.events.findLast((one) => one.at < from);
    if (event === undefined) continue;
    set({ playhead: event.at });
    return;
  }
}
