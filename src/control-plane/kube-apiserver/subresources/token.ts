// Models pkg/registry/core/serviceaccount/storage/token.go. The token is signed with the cluster's service-account key.
import type { KubeObject, TokenRequest } from '../../../api/types.gen.ts';
import type { Handler } from '../handle.ts';
import { badRequest, conflict, invalid } from '../../../api/status.ts';
import { POD } from '../../../api/kinds/index.ts';
import { formatTime, SECOND } from '../../../lib/time.ts';
import { decodeRequestBody } from '../decode.ts';
import { getObject } from '../handlers/read.ts';
import { writeOptions } from '../request-options.ts';
import { respondObject } from '../respond.ts';
import { signToken } from '../service-account-token.ts';
import { newUid } from '../uid.ts';

const TOKEN_REQUEST = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', type: 'TokenRequest' };
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 4_294_967_296;
/** Kubelets ask for 3607 s; such a token lives on for a year, for clients that never read it again. */
const EXTENDED_SECONDS = 3607;
const YEAR_SECONDS = 365 * 24 * 3600;

export const handleToken: Handler = async (server, ctx, resource) => {
  const { namespace, name } = ctx.info;
  const { fieldValidation } = writeOptions('CreateOptions', ctx.query);
  const request = asTokenRequest(decodeRequestBody(ctx, TOKEN_REQUEST, fieldValidation));
  const account = await getObject(server, resource, namespace, name);
  const given = request.metadata.name ?? '';
  if (given !== '' && given !== name)
    throw badRequest(
      `metadata.name: Invalid value: ${JSON.stringify(given)}: must match the service account name if specified`,
    );
  const seconds = request.spec.expirationSeconds ?? DEFAULT_SECONDS;
  checkExpiration(seconds);
  const asked = request.spec.audiences ?? [];
  const audiences = asked.length === 0 ? [server.options.serviceAccountIssuer] : asked;
  const bound = request.spec.boundObjectRef;
  const node =
    bound?.kind === 'Pod'
      ? await boundPodNode(server.resource('', 'v1', 'pods') ?? resource, bound.name ?? '', bound.uid ?? '')
      : undefined;
  const now = Math.floor(server.env.now() / SECOND);
  const life = seconds === EXTENDED_SECONDS && bound?.kind === 'Pod' ? YEAR_SECONDS : seconds;
  const token = signToken({
    aud: audiences,
    exp: now + life,
    iat: now,
    iss: server.options.serviceAccountIssuer,
    jti: newUid(server.env),
    'kubernetes.io': {
      namespace,
      ...(node === undefined ? {} : { node: { name: node } }),
      ...(bound?.kind === 'Pod' ? { pod: { name: bound.name ?? '', uid: bound.uid ?? '' } } : {}),
      serviceaccount: { name, uid: account.metadata.uid ?? '' },
      ...(life === seconds ? {} : { warnafter: now + seconds }),
    },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${name}`,
  });
  respondObject(ctx, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, uid: account.metadata.uid ?? '', creationTimestamp: formatTime(server.env.now()) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: bound ?? null },
    status: { token, expirationTimestamp: formatTime((now + seconds) * SECOND) },
  } as KubeObject);

  async function boundPodNode(pods: typeof resource, podName: string, uid: string): Promise<string | undefined> {
    const pod = await getObject(server, pods, namespace, podName);
    if (uid !== '' && uid !== pod.metadata.uid) {
      throw conflict(
        POD,
        podName,
        `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    return (pod as { readonly spec?: { readonly nodeName?: string } }).spec?.nodeName;
  }
};

function asTokenRequest(object: KubeObject): TokenRequest & KubeObject {
  return object as TokenRequest & KubeObject;
}

function checkExpiration(seconds: number): void {
  const problem =
    seconds < MIN_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds > MAX_SECONDS
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (problem === undefined) return;
  throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
    { reason: 'FieldValueInvalid', message: `Invalid value: ${seconds}: ${problem}`, field: 'spec.expirationSeconds' },
  ]);
}
