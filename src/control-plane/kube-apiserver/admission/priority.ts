// Models plugin/pkg/admission/priority.
import type { Pod, PriorityClass } from '../../../api/types.gen.ts';
import type { KubeObject } from '../../../api/types.gen.ts';
import type { Server } from '../server.ts';
import type { AdmissionPlugin } from './admission.ts';
import { POD, PRIORITY_CLASS } from '../../../api/kinds/index.ts';
import { forbidden } from '../../../api/status.ts';
import { asPod } from '../resources/pod.ts';

export const priority: AdmissionPlugin = {
  name: 'Priority',
  async admit(server, { operation, kind, subresource }, object, old) {
    if (kind !== POD || subresource !== '') return object;
    const pod = asPod(object);
    if (operation === 'UPDATE') return keepPriority(pod, old);
    if (operation !== 'CREATE') return object;
    const chosen = await classOf(server, pod);
    if (pod.spec?.priority !== undefined && pod.spec.priority !== chosen.value) {
      throw forbidden(
        POD,
        pod.metadata.name,
        `the integer value of priority (${pod.spec.priority}) must not be provided in pod spec; priority admission controller computed ${chosen.value} from the given PriorityClass name`,
      );
    }
    if (pod.spec?.preemptionPolicy !== undefined && pod.spec.preemptionPolicy !== chosen.preemptionPolicy) {
      throw forbidden(
        POD,
        pod.metadata.name,
        `the string value of PreemptionPolicy (${pod.spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${chosen.preemptionPolicy} from the given PriorityClass name`,
      );
    }
    return asObject({
      ...pod,
      spec: {
        ...pod.spec,
        ...(chosen.name === '' ? {} : { priorityClassName: chosen.name }),
        priority: chosen.value,
        preemptionPolicy: chosen.preemptionPolicy,
      },
    });
  },
  async validate(server, { operation, kind }, object) {
    if (kind !== PRIORITY_CLASS || object === undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    const candidate = asClass(object);
    if (candidate.globalDefault !== true) return;
    const present = await globalDefault(server);
    if (present === undefined || present.metadata.name === candidate.metadata.name) return;
    throw forbidden(
      PRIORITY_CLASS,
      candidate.metadata.name,
      `PriorityClass ${present.metadata.name} is already marked as globalDefault. Only one default can exist`,
    );
  },
};

/** An update that leaves the priority out means the one that the pod has. */
function keepPriority(pod: Pod, old: KubeObject | undefined): KubeObject {
  const before = old === undefined ? undefined : asPod(old).spec;
  if (before === undefined) return pod;
  return asObject({
    ...pod,
    spec: {
      ...pod.spec,
      ...(pod.spec.priority === undefined && before.priority !== undefined ? { priority: before.priority } : {}),
      ...(pod.spec.preemptionPolicy === undefined && before.preemptionPolicy !== undefined
        ? { preemptionPolicy: before.preemptionPolicy }
        : {}),
    },
  });
}

interface Chosen {
  readonly name: string;
  readonly value: number;
  readonly preemptionPolicy: string;
}

async function classOf(server: Server, pod: Pod): Promise<Chosen> {
  const name = pod.spec?.priorityClassName ?? '';
  if (name === '') {
    const found = await globalDefault(server);
    return found === undefined ? { name: '', value: 0, preemptionPolicy: 'PreemptLowerPriority' } : chosenOf(found);
  }
  const key = PRIORITY_CLASS.storagePrefix + name;
  const { cache } = server.storage(PRIORITY_CLASS);
  const found = cache.get(key) ?? (await server.store.get(key));
  if (found === undefined) throw forbidden(POD, pod.metadata.name, `no PriorityClass with name ${name} was found`);
  return chosenOf(asClass(found));
}

function chosenOf({ metadata, value, preemptionPolicy }: PriorityClass): Chosen {
  return { name: metadata.name, value: value ?? 0, preemptionPolicy: preemptionPolicy ?? 'PreemptLowerPriority' };
}

/** The default with the lowest value, should two servers have let in one each. */
async function globalDefault(server: Server): Promise<PriorityClass | undefined> {
  const { cache } = server.storage(PRIORITY_CLASS);
  if (!cache.ready) await cache.fresh(0);
  let best: PriorityClass | undefined;
  for (const [, object] of cache.range(PRIORITY_CLASS.storagePrefix)) {
    const candidate = asClass(object);
    if (candidate.globalDefault === true && (best === undefined || (candidate.value ?? 0) < (best.value ?? 0)))
      best = candidate;
  }
  return best;
}

function asObject(pod: Pod): KubeObject {
  return pod;
}

function asClass(object: KubeObject): PriorityClass {
  return object as PriorityClass;
}
