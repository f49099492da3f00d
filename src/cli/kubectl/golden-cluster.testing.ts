import { argvOf } from '../../lib/flags.ts';
import type { Program, ProgramTable } from '../../sim/env.ts';

/** The recorded cluster: one control plane outside it, three nodes. */
export const TOPOLOGY = {
  controlPlanes: 1,
  workers: 3,
  workerPrefix: 'hollow-node-',
  firstWorker: 0,
  controlPlaneNodes: false,
  door: false,
} as const;

/** Its nodes have one CPU, and 3840Mi for pods when the kubelet has taken its share; no kube-proxy runs on them. */
const MACHINE = ['--capacity-cpu=1', '--capacity-memory=3940Mi', '--pod-manifest-path=/none'];

/** The same programs on machines of the recorded size. */
export function withMachines(programs: ProgramTable): ProgramTable {
  const kubelet: Program = (env) => {
    const given: Program | undefined = programs['kubelet'];
    given?.({ ...env, args: { ...env.args, argv: [...argvOf(env.args), ...MACHINE] } });
  };
  return { ...programs, kubelet };
}
