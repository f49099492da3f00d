import { chainOf, type History } from '../stores/history.ts';
import { changeText } from './change-text.ts';
import type { Cause, Revision, Schedule } from '../stores/world.ts';

/** One step of an answer to "Why?". A diamond: a person did it. A dot: a program. Hollow: has not happened yet. */
export interface Step {
  readonly key: string;
  readonly by: 'you' | 'fault' | 'program' | 'next';
  readonly text: string;
  readonly at: number;
  readonly revision?: number;
  readonly source?: string;
  readonly schedule?: Schedule;
}

/** A step as told about one object: what its title and the step's full text say already is left out. */
export function brief(text: string, name: string): string {
  if (text.startsWith('you typed ')) return text;
  return text
    .replace(new RegExp(` for \\S+/${name.replaceAll('.', '\\.')}$`), '')
    .replace(/ on \S+ (creates|deletes|patches|updates) /, ' $1 ')
    .replace(/ creates Pod \S+-(\.\.\.|…)$/, ' creates this Pod')
    .replaceAll(' default/', ' ');
}

export function describeCause(history: History, cause: string): string {
  return history.causes.get(cause)?.text ?? cause;
}

/** Every write of an object with what led to it, oldest first; a cause that several writes share is told once. */
export function stepsOf(history: History, key: string, uid: string | undefined, until: number): Step[] {
  const steps = new Map<string, Step>();
  const revisions = (history.byKey.get(key) ?? []).filter((revision) => revision.at <= until);
  for (const revision of revisions) addRevision(history, steps, revision);
  const schedules =
    uid === undefined ? [] : (history.schedules.get(uid) ?? []).filter((schedule) => schedule.at <= until);
  const last = schedules.at(-1);
  if (last !== undefined) addSchedule(steps, last);
  return [...steps.values()].sort((a, b) => a.at - b.at || order(a) - order(b));
}

const order = (step: Step): number =>
  step.by === 'you' || step.by === 'fault' ? 0 : step.revision === undefined ? 1 : 2;

function addRevision(history: History, steps: Map<string, Step>, revision: Revision): void {
  const chain = chainOf(history, revision.cause);
  const told = [...steps.values()];
  for (const cause of chain.slice(1)) {
    const twin = told.some((step) => step.text === cause.text && step.source === cause.source);
    if (!steps.has(cause.id) && !isEcho(cause) && !twin) steps.set(cause.id, stepOfCause(cause));
  }
  const [nearest] = chain;
  if (nearest !== undefined && !isEcho(nearest) && !steps.has(nearest.id)) {
    const twin = told.find((step) => step.text === nearest.text && step.source === nearest.source);
    steps.set(twin?.key ?? nearest.id, {
      ...stepOfCause(nearest),
      key: twin?.key ?? nearest.id,
      revision: revision.revision,
    });
    if (revision.created || revision.value === undefined) return;
  }
  const text = changeText(revision);
  if (text === undefined) return;
  const key = `rv ${revision.revision}`;
  steps.set(key, { key, by: 'program', text, at: revision.at, revision: revision.revision });
}

/** The kernel's record of an input: whoever took it tells the same in better words. */
function isEcho(cause: Cause): boolean {
  return cause.source === 'kernel' && cause.text.startsWith('input for ');
}

function stepOfCause(cause: Cause): Step {
  const by =
    cause.source === 'kernel' && cause.text.startsWith('fault')
      ? 'fault'
      : cause.source === 'kernel' || cause.text.startsWith('you ')
        ? 'you'
        : 'program';
  const text = by === 'fault' ? deed(cause.text.replace(/^fault:? /, ''), cause.text) : cause.text;
  return { key: cause.id, by, text, at: cause.at, source: cause.source };
}

const DEEDS: Readonly<Record<string, string>> = {
  'power-off': 'you powered off',
  'power-on': 'you powered on',
  kill: 'you killed',
  pause: 'you paused',
  partition: 'you cut off',
  'slow-disk': 'you slowed the disk of',
  'clock-skew': 'you set the clock of',
};

/** A fault as something that you did. */
export function deed(command: string, text: string): string {
  const [verb = '', ...words] = command.split(/\s+/);
  const known = DEEDS[verb];
  return known === undefined ? `you did: ${text}` : `${known} ${words.join(' ')}`;
}

function addSchedule(steps: Map<string, Step>, schedule: Schedule): void {
  const known = [...steps.values()].find((step) => step.at >= schedule.at && step.source === schedule.source);
  const text = schedule.node === undefined ? (schedule.message ?? 'no node fits') : `scheduler chose ${schedule.node}`;
  const key = known?.key ?? `schedule ${schedule.at}`;
  steps.set(key, {
    key,
    by: 'program',
    at: schedule.at,
    source: schedule.source,
    ...known,
    text: known?.text ?? text,
    schedule,
  });
}
