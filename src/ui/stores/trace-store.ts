import { create } from 'zustand';
import { hearTerminal } from '../session/terminal-bus.ts';
import { InvariantChecks } from '../../cluster/invariants/index.ts';
import type { SessionStatus } from '../../sim/session.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import { createFlights, foldFlights, type Flights } from '../graph/flights.ts';
import { changesWorld, foldWorld, type Slice } from './fold-world.ts';
import { createHistory, foldHistory, type History } from './history.ts';
import { createJournal, record, type Journal } from './journal.ts';
import { createPhaseLane, samplePhases, type PhaseLane } from './phase-lane.ts';
import { createWorld, type World } from './world.ts';

/** Everything the page has folded from the trace. Mutable: `ticks` say when a part of it is worth looking at again. */
export interface Model {
  world: World;
  readonly history: History;
  readonly journal: Journal;
  readonly flights: Flights;
  readonly checks: InvariantChecks;
  readonly phases: PhaseLane;
  /** Hears the lines that the terminal prints. */
  terminal: (text: string) => void;
}

export function createModel(): Model {
  return {
    world: createWorld(),
    history: createHistory(),
    journal: createJournal(),
    flights: createFlights(),
    checks: new InvariantChecks(),
    phases: createPhaseLane(),
    terminal: hearTerminal,
  };
}

export const TERMINAL = 'laptop/terminal';

/** Folds one record into everything that is derived from the trace. */
export function foldEvent(model: Model, event: TraceEvent): Slice | undefined {
  foldHistory(model.history, model.world, event);
  foldFlights(model.flights, model.world, event);
  if (changesWorld(event)) record(model.journal, model.world, event);
  const slice = foldWorld(model.world, event);
  model.checks.seeOne(event);
  samplePhases(model.phases, model.world);
  if (event.kind === 'output' && event.process === TERMINAL) model.terminal(event.text);
  return slice;
}

export type Ticks = Readonly<Record<Slice | 'any', number>>;

export interface TraceState {
  readonly model: Model;
  readonly ticks: Ticks;
  readonly status: SessionStatus;
  /** A batch was folded: redraw what it touched. */
  folded(touched: ReadonlySet<Slice>, status: SessionStatus): void;
  reset(): void;
}

const NO_TICKS: Ticks = { any: 0, machines: 0, raft: 0, objects: 0, pods: 0, faults: 0, beliefs: 0, tables: 0 };

export const NO_STATUS: SessionStatus = {
  now: 0,
  running: false,
  speed: 1,
  seed: 1,
  placement: 'workers',
  events: 0,
  windows: 0,
  eventsPerSecond: 0,
  behind: false,
  hash: '',
};

export const useTrace = create<TraceState>()((set) => ({
  model: createModel(),
  ticks: NO_TICKS,
  status: NO_STATUS,
  folded: (touched, status) =>
    set((state) => {
      const ticks: Record<Slice | 'any', number> = { ...state.ticks, any: state.ticks.any + 1 };
      for (const slice of touched) ticks[slice]++;
      return { ticks, status };
    }),
  reset: () =>
    set((state) => ({ model: createModel(), ticks: { ...state.ticks, any: state.ticks.any + 1 }, status: NO_STATUS })),
}));
