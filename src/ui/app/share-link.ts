import type { JsonObject } from '../../sim/env.ts';
import type { Recording } from '../../sim/session.ts';
import { optionsOf } from '../session/control.ts';
import type { OpenOptions } from '../session/hub.ts';

/** `#seed=7&workers=5` starts a run; `#run=…` has a recorded one again. */
export async function optionsFromUrl(hash: string): Promise<OpenOptions> {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const run = words.get('run');
  if (run !== null) return optionsOfRecording(readRecording(await inflate(run)));
  const topology: Record<string, number> = {};
  for (const name of ['controlPlanes', 'workers']) {
    const value = words.get(name);
    if (value !== null) topology[name] = wholeNumber(value, name);
  }
  const seed = words.get('seed');
  return optionsOf(seed === null ? 1 : wholeNumber(seed, 'seed'), topology);
}

export function optionsOfRecording(recording: Recording): OpenOptions {
  return { ...optionsOf(recording.seed, recording.topology), epoch: recording.epoch, recording };
}

function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number: got ${text}`);
  return Number(text);
}

/** Reads a `.kubarium.json`. Throws with a message that says what is wrong with it. */
export function readRecording(text: string): Recording {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('The file is not JSON: it was cut short or changed. Save it again from the page that made it.');
  }
  if (!isRecord(value)) throw new Error('The file holds no recording.');
  if (value['format'] !== 'kubarium/1') throw new Error(`The format is ${JSON.stringify(value['format'])}; this page reads kubarium/1.`);
  const { seed, topology, epoch, inputs, until, hash } = value;
  if (!isWhole(seed)) throw new Error('The recording has no seed.');
  if (!isRecord(topology)) throw new Error('The recording does not say which machines there were.');
  if (!isWhole(epoch) || !isWhole(until) || typeof hash !== 'string') throw new Error('The recording lacks its times or its hash.');
  if (!Array.isArray(inputs) || !inputs.every((input) => isRecord(input) && isWhole(input['at']) && typeof input['kind'] === 'string'))
    throw new Error('The list of inputs is damaged.');
  return value as unknown as Recording;
}

function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
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
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST_INFLATED) throw new Error('The recording in the link is too large.');
    parts.push(value);
  }
  return new Blob(parts).text();
}
