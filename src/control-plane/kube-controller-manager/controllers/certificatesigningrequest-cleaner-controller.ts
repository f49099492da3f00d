// Models pkg/controller/certificates/cleaner: requests that are over are deleted, once an hour.
import { decodeBase64 } from '../../../api/base64.ts';
import type { CertificateSigningRequest } from '../../../api/types.gen.ts';
import { DerError } from '../../../api/x509/der.ts';
import { parseCertificate } from '../../../api/x509/issued-certificate.ts';
import { CertificateSigningRequests } from '../../../client/resources.ts';
import { HOUR, parseTime } from '../../../lib/time.ts';
import type { Micros } from '../../../sim/env.ts';
import type { Plan, Request } from '../controller.ts';
import { isGone } from '../refusals.ts';
import { controller } from '../run-controller.ts';

const POLLING_INTERVAL = HOUR;
const DECIDED_EXPIRATION = HOUR;
const PENDING_EXPIRATION = 24 * HOUR;

export const certificateSigningRequestCleanerController = controller({
  name: 'certificatesigningrequest-cleaner-controller',
  reads: [CertificateSigningRequests],
  reconcile: reconcileCleaner,
});

export function reconcileCleaner({ cache, now }: Request<never, undefined>): Plan {
  const over = cache.list(CertificateSigningRequests).filter((csr) => isOver(csr, now));
  return {
    writes: over.map(({ metadata: { name } }) => ({
      do: 'delete',
      resource: CertificateSigningRequests,
      name,
      accepts: isGone,
    })),
    again: POLLING_INTERVAL,
  };
}

function isOver({ metadata, status = {} }: CertificateSigningRequest, now: Micros): boolean {
  const { conditions = [], certificate = '' } = status;
  if (conditions.length === 0) return isOlder(metadata.creationTimestamp, PENDING_EXPIRATION, now);
  return conditions.some(({ type, lastUpdateTime }) => {
    const isOld = isOlder(lastUpdateTime, DECIDED_EXPIRATION, now);
    if (type === 'Approved') return certificate !== '' && (isOld || isExpired(certificate, now));
    return (type === 'Denied' || type === 'Failed') && isOld;
  });
}

function isOlder(time: string | undefined, age: Micros, now: Micros): boolean {
  const since = time === undefined ? undefined : parseTime(time);
  return since !== undefined && now - since > age;
}

function isExpired(certificate: string, now: Micros): boolean {
  try {
    return now > parseCertificate(new TextDecoder().decode(decodeBase64(certificate))).notAfter;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}
