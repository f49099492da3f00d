// Models plugin/pkg/admission/nodetaint: a node is born not ready.
import type { Node } from '../../../api/types.gen.ts';
import type { KubeObject } from '../../../api/types.gen.ts';
import type { AdmissionPlugin } from './admission.ts';
import { NODE } from '../../../api/kinds/index.ts';
import { isSameTaint, TAINT_NOT_READY } from '../../../api/taints.ts';

const NOT_READY = { key: TAINT_NOT_READY, effect: 'NoSchedule' } as const;

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  admit(_server, { operation, kind, subresource }, object) {
    if (kind !== NODE || operation !== 'CREATE' || subresource !== '') return object;
    const node = asNode(object);
    const taints = node.spec?.taints ?? [];
    if (taints.some((taint) => isSameTaint(taint, NOT_READY))) return object;
    return { ...node, spec: { ...node.spec, taints: [...taints, NOT_READY] } };
  },
};

function asNode(object: KubeObject): Node {
  return object as Node;
}
