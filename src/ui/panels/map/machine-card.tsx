import { memo, type ReactNode } from 'react';
import { Crown, CROWN, Icon, type IconName } from '../../app/icons.tsx';
import type { ChipView, MachineView, RingView } from '../../graph/map-view.ts';
import { useView, type Target } from '../../stores/view-store.ts';
import css from './map.module.css';
import { PodSquares } from './pod-squares.tsx';

interface Props {
  readonly view: MachineView;
  /** Id of the part of this card that is selected, or that a dragged fault hovers over. */
  readonly selected: string;
  readonly aimed: string;
  readonly believer: boolean;
  /** The map shows what a component believes, and no watch tells of sites. */
  readonly unseen: boolean;
  readonly tag?: readonly [string, string] | undefined;
  readonly stale?: ReadonlySet<string> | undefined;
}

export const MachineCard = memo(function MachineCard(props: Props): ReactNode {
  const { view } = props;
  const { role } = view.machine;
  if (role === 'etcd' || role === 'control-plane' || role === 'worker') return <ComputerCard {...props} />;
  return <SiteCard {...props} />;
});

function classes(props: Props, ...more: (string | undefined)[]): string {
  const { view, selected, aimed, believer } = props;
  const id = `machine:${view.machine.name}`;
  return [
    css.machine,
    view.state === 'off' ? css.off : view.state === 'waiting' ? css.waiting : view.state === 'paused' ? css.paused : '',
    view.silent && view.state !== 'off' ? css.silent : '',
    selected === id ? css.selected : '',
    aimed === id ? css.aimed : '',
    believer ? css.believer : '',
    ...more,
  ].join(' ');
}

const WORDS: Readonly<Record<MachineView['state'], string>> = {
  on: 'on',
  off: 'without power',
  paused: 'paused',
  waiting: 'not yet powered on',
};

function selectMachine(view: MachineView): void {
  useView.getState().select({ kind: 'machine', host: view.machine.name });
}

function machineProps(props: Props): {
  tabIndex: number;
  role: 'group';
  'aria-label': string;
  'data-target': string;
  'data-state': string;
  onKeyDown: (event: React.KeyboardEvent) => void;
  onFocus: (event: React.FocusEvent) => void;
} {
  const { view } = props;
  return {
    tabIndex: 0,
    role: 'group',
    'aria-label': `${view.machine.name}, ${view.machine.role}, ${WORDS[view.state]}${view.silent ? ', not heard from' : ''}, ${view.pods.length} pods`,
    'data-target': `machine:${view.machine.name}`,
    'data-state': view.state,
    onKeyDown: (event) => {
      if (event.target === event.currentTarget && event.key === 'Enter' && useView.getState().armed === undefined)
        selectMachine(view);
    },
    onFocus: (event) => {
      if (event.target === event.currentTarget)
        useView.getState().set({ focused: { kind: 'machine', host: view.machine.name } });
    },
  };
}

const MOST_MARKS = 3;

function ComputerCard(props: Props): ReactNode {
  const { view, selected, aimed } = props;
  const { role } = view.machine;
  const control = role === 'control-plane';
  return (
    <div className={classes(props, look(view))} {...machineProps(props)}>
      {view.ring !== undefined && (
        <>
          {control && <i className={css.hair} />}
          <Ring ring={view.ring} host={view.machine.name} selected={selected} aimed={aimed} />
        </>
      )}
      <div className={css.name}>
        {view.state === 'off' && <Icon name="power" />}
        {view.state === 'paused' && <Icon name="pause" />}
        {view.machine.name}
        {view.faults.slice(0, role === 'etcd' ? 1 : MOST_MARKS).map(({ icon, text }) => (
          <span key={text} className={css.mark} title={text}>
            <Icon name={icon} />
          </span>
        ))}
      </div>
      <div className={css.addr}>{view.headline}</div>
      <div className={css.chips}>
        {view.chips.map((chip) => (
          <Chip
            key={chip.program}
            chip={chip}
            host={view.machine.name}
            control={control}
            selected={selected}
            aimed={aimed}
          />
        ))}
      </div>
      {props.tag !== undefined && (
        <div className={css.tag}>
          <b>{props.tag[0]}</b>
          {props.tag[1]}
        </div>
      )}
      {role === 'etcd' ? null : control ? (
        <PodSquares
          pods={view.pods}
          width={56}
          height={12}
          host={view.machine.name}
          {...(props.stale === undefined ? {} : { stale: props.stale })}
        />
      ) : (
        <PodSquares
          pods={view.pods}
          width={199}
          height={36}
          host={view.machine.name}
          {...(props.stale === undefined ? {} : { stale: props.stale })}
        />
      )}
    </div>
  );
}

/** A control plane whose etcd is elsewhere keeps no room for a ring. */
function look(view: MachineView): string | undefined {
  switch (view.machine.role) {
    case 'etcd':
      return css.etcd;
    case 'control-plane':
      return view.ring === undefined ? `${css.control} ${css.ringless}` : css.control;
    default:
      return css.worker;
  }
}

interface PartProps {
  readonly host: string;
  readonly selected: string;
  readonly aimed: string;
}

const STATE_WORDS: Readonly<Record<ChipView['state'], string>> = {
  running: 'running',
  paused: 'paused',
  exited: 'ended',
  absent: 'not started',
};
const WIDE = new Set(['kube-controller-manager', 'cloud-controller-manager']);
const SMALL = new Set(['kubelet', 'kube-proxy', 'containerd']);

function partHandlers(target: Target): { onClick: (event: React.MouseEvent) => void; onFocus: () => void } {
  return {
    onClick: (event) => {
      event.stopPropagation();
      useView.getState().select(target);
    },
    onFocus: () => useView.getState().set({ focused: target }),
  };
}

function Chip({
  chip,
  host,
  control,
  selected,
  aimed,
}: PartProps & { readonly chip: ChipView; readonly control: boolean }): ReactNode {
  const id = `component:${host}/${chip.program}`;
  const look = [
    css.chip,
    WIDE.has(chip.program) ? css.wide : '',
    SMALL.has(chip.program) ? css.small : '',
    chip.state === 'running' ? '' : css[chip.state],
    aimed === id ? css.aimedChip : '',
  ].join(' ');
  return (
    <button
      type="button"
      className={look}
      aria-pressed={selected === id}
      aria-label={`${chip.program} on ${host}, ${STATE_WORDS[chip.state]}${chip.leads ? ', leader' : ''}`}
      data-target={id}
      data-state={chip.state}
      {...(control ? { 'data-leads': chip.leads } : {})}
      {...partHandlers({ kind: 'component', host, program: chip.program })}
    >
      {chip.label}
      {chip.leads && <Crown className={css.crownMark} />}
    </button>
  );
}

/** An etcd member. The leader's ring is closed and crowned; a follower's arc is drawn by the canvas, for it moves. */
function Ring({ ring, host, selected, aimed }: PartProps & { readonly ring: RingView }): ReactNode {
  const id = `component:${host}/etcd`;
  const alive = ring.state === 'running';
  return (
    <svg className={css.ring} viewBox="0 0 68 94">
      <g
        className={`${css.ringButton} ${aimed === id ? css.aimedRing : ''}`}
        tabIndex={0}
        role="button"
        aria-pressed={selected === id}
        aria-label={`etcd on ${host}, ${STATE_WORDS[ring.state]}, ${ring.role}, term ${ring.term}`}
        data-target={id}
        data-state={ring.state}
        data-leads={ring.leads}
        {...partHandlers({ kind: 'component', host, program: 'etcd' })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && useView.getState().armed === undefined)
            useView.getState().select({ kind: 'component', host, program: 'etcd' });
        }}
      >
        <circle className={css.focus} cx={33} cy={47} r={26} />
        <circle
          className={ring.leads ? css.leaderRing : `${css.track} ${alive ? '' : css.dead}`}
          cx={33}
          cy={47}
          r={20}
        />
        {ring.leads && <path className={css.ringCrown} transform="translate(28 33.5)" d={CROWN} />}
        <text
          className={`${css.ringText} ${ring.leads ? css.strong : ''} ${alive ? '' : css.dim}`}
          x={33}
          y={ring.leads ? 54 : 51}
        >
          etcd
        </text>
      </g>
    </svg>
  );
}

const SITES: Readonly<Record<string, { readonly icon: IconName; readonly name?: string; readonly under?: string }>> = {
  laptop: { icon: 'laptop', under: 'kubectl' },
  door: { icon: 'plug', name: 'your kubectl', under: 'outside' },
  balancer: { icon: 'balancer', under: ':6443' },
  internet: { icon: 'internet' },
  cloud: { icon: 'cloud' },
  registry: { icon: 'registry' },
};

function SiteCard(props: Props): ReactNode {
  const { view } = props;
  const site = SITES[view.machine.role];
  return (
    <div className={classes(props, css.site, props.unseen ? css.unseen : '')} {...machineProps(props)}>
      {site !== undefined && <Icon name={view.state === 'off' ? 'power' : site.icon} />}
      <b>{site?.name ?? view.machine.name}</b>
      {site?.under !== undefined && <span>{site.under}</span>}
    </div>
  );
}
