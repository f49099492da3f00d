// The life of a CertificateSigningRequest, as far as the API has a say in it.
import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../../api/base64.ts';
import { der, partsOf, readDer, Tag } from '../../api/x509/der.ts';
import { readPem, writePem } from '../../api/x509/pem.ts';
import { REQUESTS } from '../../api/x509/requests.testing.ts';
import { must } from '../../lib/assert.ts';
import type { Answer, Harness } from './harness.testing.ts';
import { createHarness } from './harness.testing.ts';

const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const NAME = 'c';

const textOf = (text: string): string => encodeBase64(new TextEncoder().encode(text));

async function withRequest(request: keyof typeof REQUESTS = 'alice'): Promise<{ harness: Harness; created: Answer }> {
  const harness = await createHarness({ flags: ['--authorization-mode=RBAC'] });
  await harness.advance(5_000_000);
  const spec = {
    request: textOf(REQUESTS[request]),
    signerName: 'kubernetes.io/kube-apiserver-client',
    usages: ['client auth'],
    username: 'somebody-else',
  };
  const created = await harness.call('POST', CSRS, { metadata: { name: NAME }, spec });
  return { harness, created };
}

const verdict = (type: string): object => ({ type, status: 'True', reason: 'Because' });

async function put(harness: Harness, subresource: string, change: object, user?: string): Promise<Answer> {
  const { body } = await harness.call('GET', `${CSRS}/${NAME}`);
  const headers: Record<string, string> = user === undefined ? {} : { 'x-remote-user': user, 'x-remote-group': '' };
  const status = { ...body.status, ...change };
  return harness.call('PUT', `${CSRS}/${NAME}/${subresource}`, { ...body, status }, headers);
}

function spliced(content: string, signature: string): Uint8Array {
  const partsOfPem = (text: string): Uint8Array[] => partsOf(readDer(must(readPem(text)).bytes)).map(({ raw }) => raw);
  return der(Tag.sequence, ...partsOfPem(content).slice(0, 1), ...partsOfPem(signature).slice(1));
}

describe('a certificate signing request', () => {
  it('names who asked, and cannot ask to be a master', async () => {
    const { created } = await withRequest();
    expect(created.body.spec.username).toBe('kubernetes-admin');
    const refused = await withRequest('master');
    expect(refused.created.body.message).toBe(
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
  });

  it('is signed by the key that it is about', async () => {
    const { harness } = await withRequest();
    // Two halves of two requests: what is signed by one key, and the other's signature.
    const text = writePem('CERTIFICATE REQUEST', spliced(REQUESTS.node, REQUESTS.alice));
    const spec = { request: textOf(text), signerName: 'example.com/any', usages: ['client auth'] };
    const refused = await harness.call('POST', CSRS, { metadata: { name: 'forged' }, spec });
    expect(refused.body.message).toMatch(
      /^CertificateSigningRequest\.certificates\.k8s\.io "forged" is invalid: spec\.request: Invalid value: .*: x509: ECDSA verification failure$/s,
    );
  });

  it('is decided once, and when is the server to say', async () => {
    const { harness } = await withRequest();
    const approved = await put(harness, 'approval', { conditions: [verdict('Approved')], certificate: 'eA==' });
    const [condition] = approved.body.status.conditions;
    expect(condition.lastUpdateTime).toMatch(/^\d{4}-/);
    expect(condition.lastTransitionTime).toBe(condition.lastUpdateTime);
    expect(approved.body.status.certificate).toBeUndefined();
    const both = await put(harness, 'approval', { conditions: [verdict('Approved'), verdict('Denied')] });
    expect(both.body.message).toMatch(
      /: status\.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive$/,
    );
    const twice = await put(harness, 'approval', { conditions: [verdict('Approved'), verdict('Approved')] });
    expect(twice.body.message).toMatch(/: status\.conditions\[1\]\.type: Duplicate value: "Approved"$/);
    const none = await put(harness, 'approval', { conditions: [] });
    expect(none.body.message).toMatch(/: Forbidden: updates may not remove a condition of type "Approved"$/);
  });

  it('gets its certificate by its status, once, and no verdict that way', async () => {
    const { harness } = await withRequest();
    const sneaky = await put(harness, 'status', { conditions: [verdict('Approved')] });
    expect(sneaky.body.message).toMatch(/: Forbidden: updates may not add a condition of type "Approved"$/);
    const junk = await put(harness, 'status', { certificate: textOf('junk') });
    expect(junk.body.message).toMatch(
      /: status\.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block$/,
    );
    const certificate = (bytes: string): string =>
      textOf(`-----BEGIN CERTIFICATE-----\n${bytes}\n-----END CERTIFICATE-----\n`);
    expect((await put(harness, 'status', { certificate: certificate('MAA=') })).status).toBe(200);
    const changed = await put(harness, 'status', { certificate: certificate('MAIFAA==') });
    expect(changed.body.message).toMatch(/: Forbidden: updates may not modify existing certificate content$/);
  });

  it('takes the leave of its signer to approve and to sign', async () => {
    const { harness } = await withRequest();
    const rules = [
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['certificatesigningrequests/approval', 'certificatesigningrequests/status'],
        verbs: ['update'],
      },
    ];
    await harness.call('POST', `${RBAC}/clusterroles`, { metadata: { name: 'r' }, rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' };
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }];
    await harness.call('POST', `${RBAC}/clusterrolebindings`, { metadata: { name: 'b' }, roleRef, subjects });
    await harness.advance(1_000_000);
    const said = async (subresource: string, change: object): Promise<string> =>
      (await put(harness, subresource, change, 'bob')).body.message as string;
    expect(await said('approval', { conditions: [verdict('Approved')] })).toBe(
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
    );
    expect(await said('status', { conditions: [verdict('Failed')] })).toBe(
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: user not permitted to sign requests with signerName "kubernetes.io/kube-apiserver-client"',
    );
    const signers = [
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['signers'],
        resourceNames: ['kubernetes.io/*'],
        verbs: ['approve'],
      },
    ];
    await harness.call('PUT', `${RBAC}/clusterroles/r`, { metadata: { name: 'r' }, rules: [...rules, ...signers] });
    await harness.advance(1_000_000);
    expect((await put(harness, 'approval', { conditions: [verdict('Approved')] }, 'bob')).status).toBe(200);
  });
});
