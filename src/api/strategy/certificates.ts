// Models pkg/registry/certificates.
import type { CertificateSigningRequest } from '../types.gen.ts';
import {
  validateSigningRequest,
  validateSigningRequestStatus,
  validateSigningRequestUpdate,
} from '../validation/certificates.ts';
import { defineStrategy } from './strategy.ts';

/** Who asks is written in by the server: see the kind's rules in kube-apiserver. */
export const CERTIFICATE_SIGNING_REQUEST_STRATEGY = defineStrategy<CertificateSigningRequest>({
  setDefaults: () => undefined,
  prepareForCreate: (request) => {
    request.status = {};
  },
  prepareForUpdate: (request, old) => {
    Object.assign(request, { spec: structuredClone(old.spec), status: structuredClone(old.status ?? {}) });
  },
  /** Approval has a sub-resource of its own: those conditions stay, and whoever adds or removes one is refused. */
  prepareForStatusUpdate: (request, old) => {
    const conditions = (request.status?.conditions ?? []).map((condition) => structuredClone(condition));
    for (const verdict of ['Approved', 'Denied']) {
      const kept = (old.status?.conditions ?? []).filter(({ type }) => type === verdict);
      const places = conditions.flatMap(({ type }, i) => (type === verdict ? [i] : []));
      if (places.length === kept.length)
        kept.forEach((condition, i) => (conditions[places[i] ?? 0] = structuredClone(condition)));
    }
    request.status = { ...request.status, ...(conditions.length === 0 ? {} : { conditions }) };
  },
  validate: validateSigningRequest,
  validateUpdate: validateSigningRequestUpdate,
  validateStatusUpdate: validateSigningRequestStatus,
});
