import type { PodView } from '../stores/pods.ts';

export interface PodSquare {
  readonly pod: PodView;
  readonly x: number;
  readonly y: number;
}

export interface PodGrid {
  readonly size: number;
  readonly squares: readonly PodSquare[];
  readonly labels: readonly { readonly text: string; readonly x: number; readonly y: number }[];
  /** Pods for which there is no room. */
  readonly more: number;
}

const GAP = 3;
const GROUP_GAP = 8;
const LABEL_HEIGHT = 14;
/** A generous mean of the width of a character at 11 px. */
const CHARACTER = 5.9;

/** Pods by owner, owners and pods in the order in which they came: what is there does not move when something is added. */
export function podGrid(pods: readonly PodView[], width: number, height: number): PodGrid {
  const groups = groupsOf(pods);
  return labelled(groups, width, height, 14) ?? labelled(groups, width, height, 10) ?? dense(groups, width, height);
}

interface Group {
  readonly owner: string;
  readonly pods: PodView[];
}

function groupsOf(pods: readonly PodView[]): Group[] {
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const key = `${pod.namespace}/${pod.owner}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { owner: pod.owner, pods: [pod] });
    else group.pods.push(pod);
  }
  return [...groups.values()];
}

function labelled(groups: readonly Group[], width: number, height: number, size: number): PodGrid | undefined {
  const step = size + GAP;
  const rows = Math.max(1, Math.floor((height - LABEL_HEIGHT + GAP) / step));
  const squares: PodSquare[] = [];
  const labels: { text: string; x: number; y: number }[] = [];
  let x = 0;
  for (const group of groups) {
    const columns = Math.ceil(group.pods.length / rows);
    const wide = Math.max(columns * step - GAP, group.owner.length * CHARACTER);
    if (x + wide > width + 4) return undefined;
    group.pods.forEach((pod, i) =>
      squares.push({ pod, x: x + (i % columns) * step, y: Math.floor(i / columns) * step }),
    );
    labels.push({ text: group.owner, x, y: rows * step - GAP + LABEL_HEIGHT - 1 });
    x += wide + GROUP_GAP;
  }
  return { size, squares, labels, more: 0 };
}

/** Too many for names: smaller squares, row by row, a wider gap between owners. */
function dense(groups: readonly Group[], width: number, height: number): PodGrid {
  for (const size of [14, 11, 9, 7, 5, 4]) {
    const grid = flow(groups, width, height, size);
    if (grid.more === 0 || size === 4) return grid;
  }
  return { size: 4, squares: [], labels: [], more: 0 };
}

function flow(groups: readonly Group[], width: number, height: number, size: number): PodGrid {
  const gap = size > 9 ? GAP : size > 5 ? 2 : 1;
  const squares: PodSquare[] = [];
  let x = 0;
  let y = 0;
  let more = 0;
  for (const group of groups) {
    for (const pod of group.pods) {
      if (x + size > width) {
        x = 0;
        y += size + gap;
      }
      if (y + size > height) more++;
      else squares.push({ pod, x, y });
      x += size + gap;
    }
    x += gap;
  }
  return { size, squares, labels: [], more };
}
