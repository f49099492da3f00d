import type { ApiError } from '../../../api/status.ts';
import type { Kind } from '../../../api/kind.ts';
import type { Container, KubeObject, Pod } from '../../../api/types.gen.ts';
import {
  asInvalid,
  prepareForStatusUpdate,
  prepareForUpdate,
  validateStatusUpdate,
  validateUpdate,
} from '../../../api/strategy/index.ts';
import { validateEphemeralContainersUpdate, validatePodResize } from '../../../api/validation/pod.ts';
import { validateApproval } from '../../../api/validation/certificates.ts';
import { asSigningRequest } from '../resources/certificate-signing-request.ts';
import { asPod } from '../resources/pod.ts';
import { member, withMember, withMetadata } from '../storage/objects.ts';

/** What a sub-resource may change of the object, and what it checks. */
export interface UpdateRules {
  prepare(kind: Kind, next: KubeObject, current: KubeObject): KubeObject;
  validate(kind: Kind, next: KubeObject, current: KubeObject): ApiError | undefined;
}

const MAIN: UpdateRules = { prepare: prepareForUpdate, validate: validateUpdate };

const BY_SUBRESOURCE: Readonly<Record<string, UpdateRules>> = {
  status: { prepare: prepareForStatusUpdate, validate: validateStatusUpdate },
  approval: {
    prepare(kind, next, current) {
      const { conditions = [] } = asSigningRequest(next).status ?? {};
      const { conditions: _, ...rest } = asSigningRequest(current).status ?? {};
      const status = { ...rest, ...(conditions.length === 0 ? {} : { conditions }) };
      return withMember(prepareForUpdate(kind, next, current), 'status', status);
    },
    validate: (kind, next, current) =>
      asInvalid(kind, next, validateApproval(asSigningRequest(next), asSigningRequest(current))),
  },
  finalize: {
    prepare(_kind, next, current) {
      const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } = current.metadata;
      const kept = withMetadata(next, { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds });
      return withMember(kept, 'status', member(current, 'status'));
    },
    validate: () => undefined,
  },
  ephemeralcontainers: {
    prepare: (kind, next, current) =>
      prepareForUpdate(
        kind,
        withSpec(next, current, { ephemeralContainers: asPod(next).spec.ephemeralContainers }),
        current,
      ),
    validate: (kind, next, current) =>
      asInvalid(kind, next, validateEphemeralContainersUpdate(asPod(next), asPod(current))),
  },
  resize: {
    prepare(kind, next, current) {
      const containers = resized(asPod(current).spec.containers, asPod(next).spec.containers);
      return prepareForUpdate(kind, withSpec(next, current, { containers }), current);
    },
    validate: (kind, next, current) => asInvalid(kind, next, validatePodResize(asPod(next), asPod(current))),
  },
};

export function rulesOfUpdate(subresource: string): UpdateRules {
  return BY_SUBRESOURCE[subresource] ?? MAIN;
}

function withSpec(next: KubeObject, current: KubeObject, change: Partial<Pod['spec']>): KubeObject {
  return withMember({ ...current, metadata: next.metadata }, 'spec', { ...asPod(current).spec, ...change });
}

function resized(current: readonly Container[], next: readonly Container[]): Container[] {
  return current.map((container) => {
    const wanted = next.find(({ name }) => name === container.name);
    if (wanted === undefined) return container;
    const { resources, resizePolicy } = wanted;
    return {
      ...container,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    };
  });
}
