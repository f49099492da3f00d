// Models pkg/controller/certificates/approver: requests of kubelets that may have what they ask for are approved.
import { decodeBase64 } from '../../../api/base64.ts';
import type { CertificateSigningRequest } from '../../../api/types.gen.ts';
import { parseRequest } from '../../../api/x509/certificate-request.ts';
import type { Client } from '../../../client/client.ts';
import { CertificateSigningRequests } from '../../../client/resources.ts';
import type { Resource } from '../../../client/resources.ts';
import { createWorkQueue } from '../../../client/work-queue.ts';
import type { KubeObject } from '../../../api/types.gen.ts';
import type { ControllerContext, ControllerProgram } from '../controller.ts';
import { keyOf } from '../controller.ts';
import { kubeletClientFault } from '../kubelet-certificates.ts';
import { steppedClient } from '../stepped-client.ts';

const NAME = 'certificatesigningrequest-approving-controller';
const WORKERS = 5;
const SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';

/** Part of the wire's, as far as it is asked here. */
interface SubjectAccessReview extends KubeObject {
  readonly spec: object;
  readonly status?: { readonly allowed: boolean };
}

const SubjectAccessReviews: Resource<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};

interface Recognizer {
  readonly subresource: string;
  readonly message: string;
  /** A node that renews its own. */
  readonly self: boolean;
}

const RECOGNIZERS: readonly Recognizer[] = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    self: true,
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    self: false,
  },
];

export const certificateSigningRequestApprovingController: ControllerProgram = { name: NAME, start };

function start({ env, client, informers }: ControllerContext): void {
  const informer = informers.for(CertificateSigningRequests);
  const stepped = steppedClient(env, client, NAME);
  const queue = createWorkQueue(env, {
    name: NAME,
    workers: WORKERS,
    work: async (key) => {
      const csr = informer.get(key);
      if (csr !== undefined) await approve(stepped, csr);
    },
  });
  informer.whenSynced(() => {
    informer.onChange((csr) => {
      if (csr !== undefined) queue.add(keyOf(csr));
    });
  });
}

/** Throws when it is a kubelet's and he may not have it: that may change. */
async function approve(client: Client, csr: CertificateSigningRequest): Promise<void> {
  const { spec, status = {} } = csr;
  const isDecided = (status.conditions ?? []).some(({ type }) => type === 'Approved' || type === 'Denied');
  if (isDecided || (status.certificate ?? '') !== '' || spec.signerName !== SIGNER) return;
  const request = parseRequest(new TextDecoder().decode(decodeBase64(spec.request)));
  if (kubeletClientFault(request, spec.usages ?? []) !== undefined) return;
  const tried: string[] = [];
  for (const { subresource, message, self } of RECOGNIZERS) {
    if (self && spec.username !== request.subject.commonName) continue;
    tried.push(subresource);
    if (!(await isAllowed(client, csr, subresource))) continue;
    const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
    const approved = { ...csr, status: { ...status, conditions: [...(status.conditions ?? []), condition] } };
    await client.update(CertificateSigningRequests, approved, { subresource: 'approval' });
    return;
  }
  throw new Error(
    `recognized csr "${csr.metadata.name}" as [${tried.join(' ')}] but subject access review was not approved`,
  );
}

async function isAllowed(client: Client, { spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
  const { username, uid, groups, extra } = spec;
  const review = await client.create(SubjectAccessReviews, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { name: '' },
    spec: {
      user: username,
      ...(uid === undefined ? {} : { uid }),
      ...(groups === undefined ? {} : { groups }),
      ...(extra === undefined ? {} : { extra }),
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource,
      },
    },
  });
  return review.status?.allowed === true;
}
