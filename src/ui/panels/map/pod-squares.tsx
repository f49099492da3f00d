import { memo, useMemo, type ReactNode } from 'react';
import { podGrid } from '../../graph/pod-grid.ts';
import type { PodShape, PodView } from '../../stores/pods.ts';
import { useView } from '../../stores/view-store.ts';
import css from './map.module.css';

const CLASS: Readonly<Record<PodShape, string | undefined>> = {
  running: css.podRunning,
  pending: css.podPending,
  crash: css.podCrash,
  terminating: css.podTerminating,
  unknown: css.podUnknown,
  done: css.podDone,
};

const SAID: Readonly<Record<PodShape, string>> = {
  running: 'Running',
  pending: 'Pending',
  crash: 'crashing',
  terminating: 'Terminating',
  unknown: 'unknown',
  done: 'Completed',
};

/** One pod: told apart by fill and shape, never by hue alone. */
export function PodMark({ shape, size }: { readonly shape: PodShape; readonly size: number }): ReactNode {
  if (shape === 'crash') {
    const notch = size * 0.36;
    return (
      <path
        className={css.podCrash}
        d={`M1 0H${size - notch}L${size} ${notch}V${size - 1}Q${size} ${size} ${size - 1} ${size}H1Q0 ${size} 0 ${size - 1}V1Q0 0 1 0Z`}
      />
    );
  }
  const inset = shape === 'running' ? 0 : shape === 'terminating' ? 0.5 : Math.min(1, size / 10);
  const radius = size > 9 ? 2 : 1;
  return (
    <rect className={CLASS[shape]} x={inset} y={inset} width={size - inset * 2} height={size - inset * 2} rx={radius} />
  );
}

interface Props {
  readonly pods: readonly PodView[];
  readonly width: number;
  readonly height: number;
  readonly host: string;
  /** uids whose state is older than what is true. */
  readonly stale?: ReadonlySet<string>;
}

/** A machine's pods. One stop for Tab; the arrow keys go from pod to pod. */
export const PodSquares = memo(function PodSquares({ pods, width, height, host, stale }: Props): ReactNode {
  const grid = useMemo(() => podGrid(pods, width, height), [pods, width, height]);
  const selected = useView((view) => (view.selected?.kind === 'pod' ? view.selected.uid : undefined));
  const select = useView((view) => view.select);
  if (pods.length === 0) return null;
  const choose = (pod: PodView | undefined): void => {
    if (pod !== undefined) select({ kind: 'pod', uid: pod.uid, key: pod.key, host });
  };
  return (
    <svg
      className={css.pods}
      tabIndex={0}
      role="group"
      aria-label={`${pods.length} pods on ${host}; arrow keys choose one`}
      onKeyDown={(event) => {
        const step =
          event.key === 'ArrowRight' || event.key === 'ArrowDown'
            ? 1
            : event.key === 'ArrowLeft' || event.key === 'ArrowUp'
              ? -1
              : 0;
        if (step === 0) return;
        event.preventDefault();
        event.stopPropagation();
        const at = grid.squares.findIndex((square) => square.pod.uid === selected);
        choose(grid.squares[(at + step + grid.squares.length) % grid.squares.length]?.pod);
      }}
    >
      {grid.squares.map(({ pod, x, y }) => (
        <Square
          key={pod.uid}
          uid={pod.uid}
          podKey={pod.key}
          name={pod.name}
          shape={pod.shape}
          host={host}
          x={x}
          y={y}
          size={grid.size}
          selected={selected === pod.uid}
          stale={stale?.has(pod.uid) === true}
        />
      ))}
      {grid.labels.map((label) => (
        <text key={`${label.x} ${label.text}`} className={css.owner} x={label.x} y={label.y}>
          {label.text}
        </text>
      ))}
      {grid.more > 0 && (
        <text className={css.owner} x={width} y={height + 2} textAnchor="end">
          +{grid.more}
        </text>
      )}
    </svg>
  );
});

interface SquareProps {
  readonly uid: string;
  readonly podKey: string;
  readonly name: string;
  readonly shape: PodShape;
  readonly host: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly selected: boolean;
  readonly stale: boolean;
}

const Square = memo(function Square({
  uid,
  podKey,
  name,
  shape,
  host,
  x,
  y,
  size,
  selected,
  stale,
}: SquareProps): ReactNode {
  return (
    <g
      transform={`translate(${x} ${y})`}
      className={css.pod}
      data-target={`pod:${uid}`}
      data-key={podKey}
      data-host={host}
      data-shape={shape}
      onClick={(event) => {
        event.stopPropagation();
        useView.getState().select({ kind: 'pod', uid, key: podKey, host });
      }}
    >
      <title>{`${name} ${SAID[shape]}`}</title>
      <PodMark shape={shape} size={size} />
      {selected && <rect className={css.podSelected} x={-3} y={-3} width={size + 6} height={size + 6} rx={4} />}
      {stale && <path className={css.stale} d={`M-3 3v-6h6M${size + 3} ${size - 3}v6h-6`} />}
    </g>
  );
});
