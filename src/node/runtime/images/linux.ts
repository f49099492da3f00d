import type { ImageFamily } from './image.ts';

/** Distributions: a shell and its tools. */
export const alpine: ImageFamily = {
  repository: 'docker.io/library/alpine',
  program: 'alpine',
  config: { cmd: ['/bin/sh'] },
  releases: [
    { tags: ['3.20.8', '3.20'], layers: [3_624_000], version: '3.20.8' },
    { tags: ['3.21.5', '3.21'], layers: [3_645_000], version: '3.21.5' },
    { tags: ['3.22.2', '3.22', '3', 'latest'], layers: [3_800_000], version: '3.22.2' },
  ],
};

export const debian: ImageFamily = {
  repository: 'docker.io/library/debian',
  program: 'debian',
  config: { cmd: ['bash'] },
  releases: [
    { tags: ['12.12', '12', 'bookworm', 'bookworm-slim'], layers: [48_480_000], version: '12' },
    { tags: ['13.2', '13', 'trixie', 'latest', 'stable'], layers: [49_280_000], version: '13' },
  ],
};

export const ubuntu: ImageFamily = {
  repository: 'docker.io/library/ubuntu',
  program: 'debian',
  config: { cmd: ['/bin/bash'] },
  releases: [
    { tags: ['22.04', 'jammy'], layers: [29_540_000], version: '22.04' },
    { tags: ['24.04', 'noble', 'latest'], layers: [29_720_000], version: '24.04' },
  ],
};

export const curl: ImageFamily = {
  repository: 'docker.io/curlimages/curl',
  program: 'curl',
  config: { entrypoint: ['/entrypoint.sh'], cmd: ['curl'] },
  releases: [{ tags: ['8.17.0', 'latest'], layers: [3_800_000, 5_400_000], version: '8.17.0' }],
};
