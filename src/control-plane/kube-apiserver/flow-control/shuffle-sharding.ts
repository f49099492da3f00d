// Models apiserver/pkg/util/shufflesharding: each flow is dealt a few of the queues, and two flows seldom the same ones.
import { fnv1a32 } from '../../../lib/fnv.ts';

const HIGH_BITS = 0x10_0000;
const LOW_WORD = 0x1_0000_0000;

/** The queues, out of `queues`, that a flow is dealt: `size` different ones. */
export function dealHand(flow: string, queues: number, size: number): number[] {
  let value = (fnv1a32(flow) % HIGH_BITS) * LOW_WORD + fnv1a32(flow, 0x9747b28c);
  const hand: number[] = [];
  for (let i = 0; i < Math.min(size, queues); i++) {
    const left = queues - i;
    let card = value % left;
    value = Math.floor(value / left);
    // The cards dealt before are no longer in the deck.
    for (const dealt of [...hand].sort((a, b) => a - b)) if (card >= dealt) card++;
    hand.push(card);
  }
  return hand;
}
