import type { IconName } from '../app/icons.tsx';

/** Something to run, by the commands that a person would type. */
export interface Workload {
  readonly label: string;
  /** For where there is little room. */
  readonly word: string;
  readonly key: string;
  readonly icon: IconName;
  readonly commands: readonly string[];
}

export const WORKLOADS: readonly Workload[] = [
  {
    label: 'nginx × 6',
    word: 'nginx',
    key: '1',
    icon: 'nginx',
    commands: [
      'kubectl create deployment web --image=nginx --replicas=6 --port=80',
      'kubectl expose deployment web --port=80 --type=NodePort',
    ],
  },
  {
    label: 'redis',
    word: 'redis',
    key: '2',
    icon: 'redis',
    commands: [
      'kubectl create deployment redis --image=redis --port=6379',
      'kubectl expose deployment redis --port=6379',
    ],
  },
  {
    label: 'one pod',
    word: 'shell',
    key: '3',
    icon: 'speech',
    commands: ['kubectl run shell --image=busybox -- sleep 3600'],
  },
  {
    label: 'crash loop',
    word: 'crash',
    key: '4',
    icon: 'loop',
    commands: ['kubectl create deployment crash --image=busybox -- sh -c "echo starting; sleep 3; exit 1"'],
  },
];
