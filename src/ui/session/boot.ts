import type { Recording, Session } from '../../sim/session.ts';
import type { MachineInfo } from '../graph/layout.ts';
import { nodeReady } from '../stores/pods.ts';
import { useTrace } from '../stores/trace-store.ts';
import { useView } from '../stores/view-store.ts';

/** A cluster that is not whole by then is watched at the pace of life: something keeps it. */
const LONGEST_BOOT = 180_000_000;

/** From virtual zero at full speed until every node is Ready; then at 1×, unless somebody chose a speed meanwhile. */
export async function bootCluster(session: Session, machines: readonly MachineInfo[]): Promise<void> {
  const nodes = machines.filter((machine) => machine.role === 'worker' || machine.role === 'control-plane');
  await session.setSpeed(Infinity);
  await session.resume();
  const stop = useTrace.subscribe((state) => {
    const { world } = state.model;
    if (state.status.running && state.status.speed !== Infinity) {
      stop();
      return;
    }
    const ready = nodes.length > 0 && nodes.every((machine) => nodeReady(world, machine.name) === 'True');
    if (!ready && state.status.now < LONGEST_BOOT) return;
    stop();
    void session.setSpeed(1);
    useView.getState().say(ready ? `All ${nodes.length} nodes are Ready` : 'Not every node is Ready yet');
  });
}

/** Has a recorded run again, up to where it was saved, and tells whether it came out the same. */
export async function replay(session: Session, recording: Recording): Promise<void> {
  await session.runUntil(recording.until);
  const stop = useTrace.subscribe(({ status }) => {
    if (status.running || status.now < recording.until) return;
    stop();
    const same = status.hash === recording.hash;
    const text = same
      ? 'This is the recorded run, event for event.'
      : 'The run differs from the recorded one: it was made by another version of Kubarium.';
    useView.getState().set({ toast: { text, bad: !same }, said: text });
  });
}
