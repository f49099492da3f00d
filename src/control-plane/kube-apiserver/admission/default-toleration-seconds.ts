// Models plugin/pkg/admission/defaulttolerationseconds.
import type { Toleration } from '../../../api/types.gen.ts';
import type { AdmissionPlugin } from './admission.ts';
import { POD } from '../../../api/kinds/index.ts';
import { TAINT_NOT_READY, TAINT_UNREACHABLE } from '../../../api/taints.ts';
import { asPod } from '../resources/pod.ts';

/** `--default-not-ready-toleration-seconds` and `--default-unreachable-toleration-seconds` */
const SECONDS = 300;

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  admit(_server, { operation, kind, subresource }, object) {
    if (kind !== POD || subresource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return object;
    const pod = asPod(object);
    const tolerations = pod.spec?.tolerations ?? [];
    const missing = [TAINT_NOT_READY, TAINT_UNREACHABLE].filter(
      (key) => !tolerations.some((each) => covers(each, key)),
    );
    if (missing.length === 0 || pod.spec === undefined) return object;
    const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }));
    return { ...pod, spec: { ...pod.spec, tolerations: [...tolerations, ...added] } };
  },
};

function covers(toleration: Toleration, key: string): boolean {
  const { key: own = '', effect = '' } = toleration;
  return (own === key || own === '') && (effect === 'NoExecute' || effect === '');
}
