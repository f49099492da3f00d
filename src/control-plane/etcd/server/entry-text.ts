// An entry is put into words once, for the disk and for every follower.
import type { Entry, Message } from '../raft/types.ts';

const texts = new WeakMap<Entry, string>();

export function entryText(entry: Entry): string {
  const known = texts.get(entry);
  if (known !== undefined) return known;
  const text = JSON.stringify(entry);
  texts.set(entry, text);
  return text;
}

export function encodeMessage(message: Message): string {
  if (message.type !== 'MsgApp') return JSON.stringify(message);
  const { entries, ...rest } = message;
  return `${JSON.stringify(rest).slice(0, -1)},"entries":[${entries.map(entryText).join(',')}]}`;
}

/** Peers are members of the same cluster: what they send is what `encodeMessage` made. */
export function decodeMessage(text: string): Message {
  return JSON.parse(text) as Message;
}
