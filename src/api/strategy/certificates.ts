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
  /** Approval has a sub-resource of its own. */
  prepareForStatusUpdate: (request, old) => {
    const decided = (type: string): boolean => type === 'Approved' || type === 'Denied';
    const kept = (old.status?.conditions ?? []).filter(({ type }) => decided(type));
    const said = (request.status?.conditions ?? []).filter(({ type }) => !decided(type));
    Object.assign(request, { status: { ...request.status, conditions: structuredClone([...kept, ...said]) } });
    if (kept.length + said.length === 0) delete request.status?.conditions;
  },
  validate: validateSigningRequest,
  validateUpdate: validateSigningRequestUpdate,
  validateStatusUpdate: validateSigningRequestStatus,
});
