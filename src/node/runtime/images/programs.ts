import { sortedKeys } from '../../../lib/order.ts';
import type { ProgramTable } from '../../../sim/env.ts';
import { runContainer } from '../container/container.ts';
import { IMAGE_CONTENTS } from './index.ts';

/** The programs that a node's worker must offer, besides kubelet, containerd and kube-proxy. */
export const imagePrograms: ProgramTable = Object.fromEntries(
  sortedKeys(IMAGE_CONTENTS).map((name) => [
    name,
    (env) => runContainer(env, IMAGE_CONTENTS[name] ?? { commands: {} }),
  ]),
);
