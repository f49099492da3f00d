import { parseRecording } from '../../cluster/recording.ts';
import type { PlacementName, Recording } from '../../sim/session.ts';
import { optionsOf } from '../session/control.ts';
import type { OpenOptions } from '../session/hub.ts';

/** `#seed=7&workers=5&etcd=external&placement=pool` starts a run; `#run=…` has a recorded one again. */
export async function optionsFromUrl(hash: string): Promise<OpenOptions> {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const run = words.get('run');
  if (run !== null) return optionsOfRecording(parseRecording(await inflate(run)));
  const topology: Record<string, number | string> = {};
  const etcd = words.get('etcd');
  if (etcd !== null) topology['etcd'] = etcd;
  for (const name of ['controlPlanes', 'workers', 'etcdMembers']) {
    const value = words.get(name);
    if (value !== null) topology[name] = wholeNumber(value, name);
  }
  const seed = words.get('seed');
  const options = optionsOf(seed === null ? 1 : wholeNumber(seed, 'seed'), topology);
  return { ...options, placement: placementOf(words.get('placement')) };
}

const PLACEMENTS: readonly PlacementName[] = ['workers', 'pool', 'in-thread'];

function placementOf(text: string | null): PlacementName {
  const found = PLACEMENTS.find((name) => name === (text ?? 'workers'));
  if (found === undefined) throw new Error(`placement must be one of ${PLACEMENTS.join(', ')}: got ${text}`);
  return found;
}

export function optionsOfRecording(recording: Recording): OpenOptions {
  return { ...optionsOf(recording.seed, recording.topology), epoch: recording.epoch, recording };
}

function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number: got ${text}`);
  return Number(text);
}

/** A recording as a link to this page. */
export async function linkTo(recording: Recording): Promise<string> {
  const url = new URL(location.href);
  url.hash = `run=${await deflate(JSON.stringify(recording))}`;
  return url.href;
}

async function deflate(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const MOST_INFLATED = 20_000_000;

async function inflate(text: string): Promise<string> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST_INFLATED) throw new Error('The recording in the link is too large.');
    parts.push(value);
  }
  return new Blob(parts).text();
}
