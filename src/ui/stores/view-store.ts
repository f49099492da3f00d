import { create } from 'zustand';
import type { Micros } from '../../sim/env.ts';

/** What a person points at: everything on the map has one of these. */
export type Target =
  | { readonly kind: 'machine'; readonly host: string }
  | { readonly kind: 'component'; readonly host: string; readonly program: string }
  | { readonly kind: 'pod'; readonly uid: string; readonly key: string; readonly host: string }
  | { readonly kind: 'link'; readonly a: string; readonly b: string }
  | { readonly kind: 'object'; readonly key: string };

export type InspectorTab = 'why' | 'yaml' | 'events' | 'logs' | 'belief' | 'rules';
export type LeftTab = { readonly kind: 'terminal'; readonly session: number } | { readonly kind: 'editor' };
export type RightTab = 'etcd' | 'messages' | 'events' | 'invariants' | 'internet';
export type Theme = 'light' | 'dark';

/** A fault on its way to something, by pointer or by key. */
export interface Drag {
  readonly fault: string;
  readonly x: number;
  readonly y: number;
  readonly over?: Target;
}

/** A machine that is being pulled away from the others. */
export interface Pull {
  readonly host: string;
  readonly dx: number;
  readonly dy: number;
  readonly direction: 'both' | 'out' | 'in';
  /** Far enough away for letting go to cut. */
  readonly far: boolean;
}

export interface ViewState {
  readonly theme: Theme;
  readonly selected?: Target | undefined;
  /** What the keyboard is on: the fault keys act on it. */
  readonly focused?: Target | undefined;
  readonly tab: InspectorTab;
  readonly left: LeftTab;
  readonly sessions: readonly number[];
  readonly right: RightTab;
  /** The editor was opened: from then on it is kept. */
  readonly edited: boolean;
  readonly playhead?: Micros | undefined;
  readonly believer?: { readonly host: string; readonly program: string } | undefined;
  readonly belief: boolean;
  readonly drag?: Drag | undefined;
  readonly pull?: Pull | undefined;
  /** A fault armed by its key: Enter on a target applies it. */
  readonly armed?: string | undefined;
  readonly entry?: number | undefined;
  readonly dialog?: 'reset' | 'share' | 'door' | undefined;
  readonly said: string;
  readonly toast?: { readonly text: string; readonly bad: boolean } | undefined;
  set(change: Partial<Omit<ViewState, 'set' | 'select' | 'say'>>): void;
  select(target: Target | undefined): void;
  /** Tells it to those who listen rather than look. */
  say(text: string): void;
}

export const useView = create<ViewState>()((set) => ({
  theme: 'light',
  tab: 'why',
  left: { kind: 'terminal', session: 1 },
  sessions: [1],
  right: 'etcd',
  edited: false,
  belief: false,
  said: '',
  set: (change) => set(change),
  select: (target) => set(target === undefined ? { selected: undefined } : { selected: target }),
  say: (text) => set({ said: text }),
}));

export function sameTarget(a: Target | undefined, b: Target | undefined): boolean {
  return a !== undefined && b !== undefined && targetId(a) === targetId(b);
}

export function targetId(target: Target): string {
  switch (target.kind) {
    case 'machine':
      return `machine:${target.host}`;
    case 'component':
      return `component:${target.host}/${target.program}`;
    case 'pod':
      return `pod:${target.uid}`;
    case 'link':
      return `link:${target.a}|${target.b}`;
    case 'object':
      return `object:${target.key}`;
  }
}

/** How a target is called when it is read out. */
export function targetName(target: Target): string {
  switch (target.kind) {
    case 'machine':
      return target.host;
    case 'component':
      return `${target.program} on ${target.host}`;
    case 'pod':
      return target.key.slice(target.key.lastIndexOf('/') + 1) || target.uid;
    case 'link':
      return `the link between ${target.a} and ${target.b}`;
    case 'object':
      return target.key.replace(/^\/registry\//, '');
  }
}
