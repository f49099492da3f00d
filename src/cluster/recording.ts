import { isObject } from '../lib/json.ts';
import type { Json, JsonObject } from '../sim/env.ts';
import type { Input, Recording } from '../sim/session.ts';
import { parseTopology } from './topology.ts';

/** A recording that cannot be used, with what to do about it. */
export class RecordingError extends Error {
  constructor(what: string) {
    super(`This is not a recording that Kubarium can play: ${what}. Export the run again, or start a new one.`);
  }
}

/** An hour of a busy client through the door. */
const MAX_INPUTS = 1_000_000;

/** Reads an untrusted recording: from a file, a URL or another tab. Throws RecordingError. */
export function parseRecording(value: unknown): Recording {
  const given = typeof value === 'string' ? parseText(value) : value;
  if (!isObject(given)) throw new RecordingError('it is not a JSON object');
  if (given['format'] !== 'kubarium/1') throw new RecordingError('its format is not "kubarium/1"');
  const inputs = given['inputs'];
  if (!Array.isArray(inputs)) throw new RecordingError('"inputs" is missing');
  if (inputs.length > MAX_INPUTS) throw new RecordingError(`it has more than ${MAX_INPUTS} inputs`);
  const topology = given['topology'];
  if (!isJsonObject(topology)) throw new RecordingError('"topology" is missing');
  try {
    parseTopology(topology);
  } catch (error) {
    throw new RecordingError(error instanceof Error ? error.message : 'its topology cannot be read');
  }
  const hash = given['hash'];
  if (typeof hash !== 'string' || !/^[0-9a-f]*$/.test(hash)) throw new RecordingError('"hash" is not hexadecimal');
  return {
    format: 'kubarium/1',
    seed: wholeNumber(given['seed'], 'seed'),
    epoch: wholeNumber(given['epoch'], 'epoch'),
    until: wholeNumber(given['until'], 'until'),
    hash,
    topology,
    inputs: inputs.map(parseInput),
  };
}

function parseText(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    throw new RecordingError('it is not JSON');
  }
}

function wholeNumber(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new RecordingError(`"${name}" is not a whole number`);
  return value;
}

function isJsonObject(value: unknown): value is JsonObject {
  return isObject(value) && Object.values(value).every(isJson);
}

function isJson(value: unknown): value is Json {
  if (value === null || ['boolean', 'number', 'string'].includes(typeof value)) return true;
  return Array.isArray(value) ? value.every(isJson) : isJsonObject(value);
}

function parseInput(value: unknown, index: number): Input {
  const bad = (what: string) => new RecordingError(`input ${index + 1} ${what}`);
  if (!isObject(value)) throw bad('is not an object');
  const at = wholeNumber(value['at'], `inputs[${index}].at`);
  const text = (name: string): string => {
    const found = value[name];
    if (typeof found !== 'string') throw bad(`lacks "${name}"`);
    return found;
  };
  switch (value['kind']) {
    case 'fault':
      return { at, kind: 'fault', command: text('command') };
    case 'text':
      return { at, kind: 'text', process: text('process'), text: text('text') };
    case 'signal': {
      const signal = text('signal');
      if (signal !== 'SIGTERM' && signal !== 'SIGKILL' && signal !== 'SIGINT' && signal !== 'SIGHUP')
        throw bad(`has an unknown signal`);
      return { at, kind: 'signal', process: text('process'), signal };
    }
    case 'worker-lost': {
      const since = value['since'];
      return {
        at,
        kind: 'worker-lost',
        worker: text('worker'),
        reason: text('reason'),
        ...(since === undefined ? {} : { since: wholeNumber(since, 'since') }),
      };
    }
    default:
      throw bad('is of an unknown kind');
  }
}
