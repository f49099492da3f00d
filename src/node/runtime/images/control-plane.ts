import type { ImageFamily } from './image.ts';

const VERSION = 'v1.35.0';
const component = (name: string, size: number, more: Partial<ImageFamily> = {}): ImageFamily => ({
  repository: `registry.k8s.io/${name}`,
  program: name,
  config: { entrypoint: [name] },
  preloaded: true,
  ownWorker: true,
  releases: [{ tags: [VERSION], layers: [size], version: VERSION }],
  ...more,
});

/** What kubeadm pulls before it starts: the programs themselves are Kubarium's own, each in its own place. */
export const controlPlane: readonly ImageFamily[] = [
  component('coredns/coredns', 23_553_139, {
    program: 'coredns',
    ownWorker: false,
    releases: [{ tags: ['v1.13.1'], layers: [23_553_139], version: 'v1.13.1' }],
  }),
  component('etcd', 62_502_000, { releases: [{ tags: ['3.6.6-0', '3.6.6'], layers: [62_502_000], version: '3.6.6' }] }),
  component('kube-apiserver', 27_671_000),
  component('kube-controller-manager', 23_121_000),
  component('kube-proxy', 25_786_000, { ownWorker: false }),
  component('kube-scheduler', 17_228_000),
];
