import '@xyflow/react/dist/base.css';
import { ReactFlow, ReactFlowProvider, useReactFlow, ViewportPortal, type Node, type NodeProps } from '@xyflow/react';
import { createContext, memo, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { believedMap, type BelievedMap } from '../../graph/believed-map.ts';
import { beliefRows, believers, type Believer } from '../../graph/beliefs.ts';
import { cutsIn } from '../../graph/fault-kinds.ts';
import { createMapViewer, type MapView } from '../../graph/map-view.ts';
import { useRun } from '../../session/control.ts';
import { targetId, useView, type Target } from '../../stores/view-store.ts';
import { leaseHolder } from '../../stores/leaders.ts';
import { useTick, useWorld } from '../../stores/use-world.ts';
import { useTrace } from '../../stores/trace-store.ts';
import type { World } from '../../stores/world.ts';
import { Consequence } from './consequence.tsx';
import { Legend } from './legend.tsx';
import { MachineCard } from './machine-card.tsx';
import css from './map.module.css';
import { PacketCanvas } from './packet-canvas.tsx';
import { PodSquares } from './pod-squares.tsx';
import { usePull } from './pull.ts';
import { Threatened, Wires } from './wires.tsx';

interface Shown {
  readonly view: MapView;
  readonly stale?: ReadonlySet<string>;
  readonly tags?: ReadonlyMap<string, readonly [string, string]>;
}

const Shown = createContext<Shown>({ view: new Map() });
type CardNode = Node<{ readonly host: string }, 'machine'>;

/** The cluster: machines in their places, what runs in them, and what passes between them. */
export function ClusterMap(): ReactNode {
  return (
    <ReactFlowProvider>
      <Flow />
    </ReactFlowProvider>
  );
}

function Flow(): ReactNode {
  const layout = useRun((run) => run.layout);
  const machines = useRun((run) => run.machines);
  const belief = useView((view) => view.belief);
  const pull = useView((view) => view.pull);
  const selected = useView((view) => (view.selected === undefined ? '' : targetId(view.selected)));
  const aimed = useView((view) => (view.drag?.over === undefined ? '' : targetId(view.drag.over)));
  const world = useWorld('machines', 'raft', 'objects', 'pods', 'faults');
  const tick = useTick('machines', 'raft', 'objects', 'pods');
  const faultTick = useTick('faults', 'machines');
  const [viewOf] = useState(createMapViewer);
  const shown = useMemo(
    () => viewOf(world, machines),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the world is one mutable object: the tick tells that it changed
    [viewOf, world, machines, tick],
  );
  const believed = useBelieved(world, shown.view);
  const cuts = useMemo(
    () =>
      cutsIn(
        world,
        machines.map((machine) => machine.name),
      ),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- as above
    [world, machines, faultTick],
  );
  const nodes = useMemo(
    () =>
      [...layout.places.values()].map((place): CardNode => ({
        id: place.machine.name,
        type: 'machine',
        position: { x: place.x, y: place.y },
        width: place.width,
        height: place.height,
        data: { host: place.machine.name },
        draggable: false,
        selectable: false,
        focusable: false,
        style: { pointerEvents: 'all' },
        zIndex: pull?.host === place.machine.name ? 5 : 1,
      })),
    [layout, pull?.host],
  );
  const pane = useRef<HTMLElement>(null);
  return (
    <main
      ref={pane}
      className={`${css.map} ${belief ? css.believes : ''} ${pull === undefined ? '' : css.whole}`}
      aria-label="map of the cluster"
    >
      <ViewSwitch />
      <Shown value={believed ?? shown}>
        <ReactFlow
          nodes={nodes}
          edges={[]}
          nodeTypes={NODE_TYPES}
          minZoom={0.05}
          maxZoom={3}
          nodesDraggable={false}
          nodesConnectable={false}
          elementsSelectable={false}
          nodesFocusable={false}
          zoomOnDoubleClick={false}
          panOnDrag={[0, 1]}
          disableKeyboardA11y
          proOptions={{ hideAttribution: true }}
        >
          <ViewportPortal>
            {layout.zones.map((zone) => (
              <div key={zone.name} className={css.zone} style={{ left: zone.x }}>
                {zone.name}
              </div>
            ))}
            <Wires layout={layout} cuts={cuts} pulled={pull?.host} selected={selected} aimed={aimed} />
            {pull !== undefined && <Threatened layout={layout} host={pull.host} dx={pull.dx} dy={pull.dy} />}
            {shown.unplaced.length > 0 && (
              <div className={css.unplaced} style={{ left: (layout.zones[2]?.x ?? 0) + 52 }}>
                without a node
                <svg
                  width={110}
                  height={12}
                  style={{ position: 'relative', overflow: 'visible' }}
                  className={css.shelf}
                >
                  <PodSquares pods={shown.unplaced} width={110} height={12} host="" />
                </svg>
              </div>
            )}
          </ViewportPortal>
          <Fit />
        </ReactFlow>
      </Shown>
      <PacketLayer />
      <Consequence pane={pane} />
      {pull === undefined && <Legend />}
    </main>
  );
}

/** In the view of belief: the map as the chosen component knows it. */
function useBelieved(world: World, real: MapView): BelievedMap | undefined {
  const believer = useView((view) => (view.belief ? view.believer : undefined));
  const machines = useRun((run) => run.machines);
  const history = useTrace((state) => state.model.history);
  const tick = useTick('beliefs', 'objects');
  return useMemo(
    () => (believer === undefined ? undefined : believedMap(world, history, machines, real, believer)),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the world is one mutable object: the tick tells that it changed
    [believer, world, history, machines, real, tick],
  );
}

const PacketLayer = memo(PacketCanvas);

const MachineNode = memo(function MachineNode({ data }: NodeProps<CardNode>): ReactNode {
  const shown = useContext(Shown);
  const view = shown.view.get(data.host);
  const pull = useView((state) => (state.pull?.host === data.host ? state.pull : undefined));
  const selected = useView((state) =>
    state.selected !== undefined && partOf(state.selected, data.host) ? targetId(state.selected) : '',
  );
  const aimed = useView((state) =>
    state.drag?.over !== undefined && partOf(state.drag.over, data.host) ? targetId(state.drag.over) : '',
  );
  const believer = useView((state) => state.belief && state.believer?.host === data.host);
  const onPointerDown = usePull(data.host);
  if (view === undefined) return null;
  const lifted =
    pull === undefined
      ? undefined
      : { transform: `translate(${pull.dx}px, ${pull.dy}px)`, boxShadow: 'var(--shadow-lift)', borderRadius: 8 };
  return (
    <div
      onPointerDown={onPointerDown}
      className="nopan"
      style={{ width: '100%', height: '100%', position: 'relative', ...lifted }}
    >
      <MachineCard
        view={view}
        selected={selected}
        aimed={aimed}
        believer={believer}
        unseen={shown.stale !== undefined}
        tag={shown.tags?.get(data.host)}
        stale={shown.stale}
      />
    </div>
  );
});

function partOf(target: { readonly kind: string; readonly host?: string }, host: string): boolean {
  return target.host === host;
}

const NODE_TYPES = { machine: MachineNode };

/** Keeps the whole cluster in sight, until somebody looks closer. */
function Fit(): ReactNode {
  const layout = useRun((run) => run.layout);
  const { setViewport } = useReactFlow();
  const marker = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const pane = marker.current?.closest('main');
    if (pane === null || pane === undefined) return undefined;
    const fit = (): void => {
      const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
      const below = rem * 1.875;
      const { clientWidth, clientHeight } = pane;
      const zoom = Math.min(clientWidth / layout.width, (clientHeight - below) / layout.height);
      void setViewport({
        x: (clientWidth - layout.width * zoom) / 2,
        y: Math.max(0, (clientHeight - below - layout.height * zoom) / 2),
        zoom,
      });
    };
    fit();
    const observer = new ResizeObserver(fit);
    observer.observe(pane);
    return () => observer.disconnect();
  }, [layout, setViewport]);
  return <span ref={marker} hidden />;
}

/** Whose belief: the one chosen before, the selected component, else the scheduler that leads or whoever has seen most. */
function beliefOf(chosen: Believer | undefined): {
  readonly belief: true;
  readonly believer?: Believer;
  readonly selected?: Target;
  readonly tab?: 'belief';
} {
  const { world } = useTrace.getState().model;
  const { selected } = useView.getState();
  const all = believers(world);
  const wanted =
    selected?.kind === 'component'
      ? all.find((one) => one.host === selected.host && one.program === selected.program)
      : undefined;
  const believer =
    wanted ??
    chosen ??
    all.find((one) => one.program === 'kube-scheduler' && leaseHolder(world, one.program) === one.host) ??
    all.toSorted(
      (a, b) => beliefRows(world, b.host, b.program).length - beliefRows(world, a.host, a.program).length,
    )[0];
  return believer === undefined
    ? { belief: true }
    : { belief: true, believer, selected: { kind: 'component', ...believer }, tab: 'belief' };
}

function ViewSwitch(): ReactNode {
  const belief = useView((view) => view.belief);
  const believer = useView((view) => view.believer);
  const set = useView((view) => view.set);
  return (
    <div className={css.head} role="tablist" aria-label="view">
      <button type="button" role="tab" aria-selected={!belief} onClick={() => set({ belief: false })}>
        Reality
      </button>
      <button type="button" role="tab" aria-selected={belief} onClick={() => set(beliefOf(believer))}>
        {belief && believer !== undefined
          ? `Belief: ${believer.program.replace(/^kube-/, '')} on ${believer.host}`
          : 'Belief'}
      </button>
    </div>
  );
}
