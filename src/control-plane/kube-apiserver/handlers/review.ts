// Questions about who somebody is and what he may do. Models pkg/registry/authentication and pkg/registry/authorization.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Kind } from '../../../api/kind.ts';
import type {
  KubeObject,
  LocalSubjectAccessReview,
  NonResourceAttributes,
  PolicyRule,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReviewStatus,
  TokenReview,
  TokenReviewStatus,
  UserInfo,
} from '../../../api/types.gen.ts';
import type { Attributes, User } from '../auth.ts';
import type { RequestContext } from '../context.ts';
import type { Server } from '../server.ts';
import {
  LOCAL_SUBJECT_ACCESS_REVIEW,
  REVIEW_KINDS,
  SELF_SUBJECT_ACCESS_REVIEW,
  SELF_SUBJECT_REVIEW,
  SELF_SUBJECT_RULES_REVIEW,
  SUBJECT_ACCESS_REVIEW,
  TOKEN_REVIEW,
} from '../../../api/kinds/reviews.ts';
import { trackUpdate } from '../../../api/managed-fields/managers.ts';
import { badRequest, invalid, noSuchPath, unknownMethod } from '../../../api/status.ts';
import { formatTime } from '../../../lib/time.ts';
import { accountOfToken } from '../auth/authenticate.ts';
import { AUTHENTICATED } from '../auth.ts';
import { decodeRequestBody } from '../decode.ts';
import { writeOptions } from '../request-options.ts';
import { respondObject } from '../respond.ts';
import { withMetadata } from '../storage/objects.ts';

type Answer = (server: Server, ctx: RequestContext, review: KubeObject) => KubeObject;

const ANSWERS: ReadonlyMap<Kind, Answer> = new Map<Kind, Answer>([
  [SELF_SUBJECT_REVIEW, whoAmI],
  [TOKEN_REVIEW, reviewToken],
  [LOCAL_SUBJECT_ACCESS_REVIEW, localAccess],
  [SELF_SUBJECT_ACCESS_REVIEW, selfAccess],
  [SELF_SUBJECT_RULES_REVIEW, selfRules],
  [SUBJECT_ACCESS_REVIEW, subjectAccess],
]);

export function reviewKindOf(group: string, plural: string): Kind | undefined {
  return REVIEW_KINDS.find((kind) => kind.group === group && kind.plural === plural);
}

export function handleReview(server: Server, ctx: RequestContext, kind: Kind): void {
  const { parts, namespace } = ctx.info;
  if (kind.namespaced !== (namespace !== '')) throw noSuchPath();
  if (ctx.exchange.request.method !== 'POST' || parts.length > 1) throw unknownMethod();
  const { fieldValidation } = writeOptions('CreateOptions', ctx.query);
  const review = decodeRequestBody(ctx, kind, fieldValidation);
  const now = formatTime(server.env.now());
  const answer = ANSWERS.get(kind)?.(server, ctx, review) ?? review;
  if (kind === SELF_SUBJECT_REVIEW) {
    respondObject(ctx, 201, withMetadata(answer, { creationTimestamp: now }));
    return;
  }
  const managedFields = trackUpdate(kind, undefined, review, { manager: ctx.manager, subresource: '', now });
  respondObject(ctx, 201, managedFields.length === 0 ? answer : withMetadata(answer, { managedFields }));
}

function whoAmI(_server: Server, { user }: RequestContext, review: KubeObject): KubeObject {
  return withStatus(review, { userInfo: userInfo(user) });
}

const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

function userInfo(user: User): UserInfo {
  const { name, uid, groups, extra = {} } = user;
  const certified = extra[CREDENTIAL_ID] === undefined && groups.includes(AUTHENTICATED) && uid === undefined;
  const shown = certified ? { [CREDENTIAL_ID]: [`X509SHA256=${fingerprintOf(user)}`], ...extra } : extra;
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(Object.keys(shown).length === 0 ? {} : { extra: shown }),
  };
}

/** Certificates are names: what would be one's digest is the name's. */
function fingerprintOf({ name, groups }: User): string {
  return bytesToHex(sha256(utf8ToBytes([name, ...groups].join('\n'))));
}

function reviewToken(server: Server, _ctx: RequestContext, review: KubeObject): KubeObject {
  const { token = '', audiences = [] } = (review as TokenReview).spec ?? {};
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  return withStatus(review, statusOfToken(server, token, audiences));
}

function statusOfToken(server: Server, token: string, wanted: readonly string[]): TokenReviewStatus {
  const found = accountOfToken(server, token);
  if (found === undefined) return { user: {}, error: '[invalid bearer token, unknown]' };
  const asked = wanted.length === 0 ? [server.options.serviceAccountIssuer] : wanted;
  const audiences = asked.filter((audience) => found.claims.aud.includes(audience));
  if (audiences.length === 0)
    return {
      user: {},
      error: `[invalid bearer token, token audiences [${found.claims.aud.map(quoted).join(' ')}] is invalid for the target audiences [${asked.map(quoted).join(' ')}], unknown]`,
    };
  const user = { ...found.user, groups: [...found.user.groups, AUTHENTICATED] };
  return { authenticated: true, user: userInfo(user), audiences };
}

const quoted = (text: string): string => JSON.stringify(text);

interface AccessSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

function selfAccess(server: Server, { user }: RequestContext, review: KubeObject): KubeObject {
  const { spec } = review as SelfSubjectAccessReview;
  return withStatus(review, decide(server, user, checked(SELF_SUBJECT_ACCESS_REVIEW, spec ?? {})));
}

function subjectAccess(server: Server, _ctx: RequestContext, review: KubeObject): KubeObject {
  return withStatus(review, decideFor(server, SUBJECT_ACCESS_REVIEW, review));
}

function localAccess(server: Server, { info }: RequestContext, review: KubeObject): KubeObject {
  const { spec } = review as LocalSubjectAccessReview;
  const namespace = spec?.resourceAttributes?.namespace ?? '';
  if (namespace !== info.namespace)
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${info.namespace}`);
  return withStatus(review, decideFor(server, LOCAL_SUBJECT_ACCESS_REVIEW, review));
}

function decideFor(server: Server, kind: Kind, review: KubeObject): SubjectAccessReviewStatus {
  const { spec } = review as LocalSubjectAccessReview;
  const attributes = checked(kind, spec ?? {});
  const { user = '', groups = [], uid, extra } = spec ?? {};
  if (user === '' && groups.length === 0) {
    throw invalid({ group: kind.group, kind: '' }, '', [
      {
        reason: 'FieldValueRequired',
        message: 'Required value: at least one of user or group must be specified',
        field: 'spec.user',
      },
    ]);
  }
  return decide(
    server,
    { name: user, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) },
    attributes,
  );
}

function checked(kind: Kind, { resourceAttributes, nonResourceAttributes }: AccessSpec): Attributes {
  const both = resourceAttributes !== undefined && nonResourceAttributes !== undefined;
  if (both || (resourceAttributes === undefined && nonResourceAttributes === undefined)) {
    const field = both ? 'spec.nonResourceAttributes' : 'spec.resourceAttributes';
    const detail = both
      ? 'cannot be specified in combination with resourceAttributes'
      : 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    const value = both ? JSON.stringify(nonResourceAttributes) : 'null';
    throw invalid({ group: kind.group, kind: '' }, '', [
      { reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${detail}`, field },
    ]);
  }
  const { group = '', resource = '', subresource = '', namespace = '', name = '' } = resourceAttributes ?? {};
  return {
    isResourceRequest: resourceAttributes !== undefined,
    path: nonResourceAttributes?.path ?? '',
    verb: (resourceAttributes ?? nonResourceAttributes)?.verb ?? '',
    group,
    resource,
    subresource,
    namespace,
    name,
  };
}

function decide(server: Server, user: User, attributes: Attributes): SubjectAccessReviewStatus {
  const { allowed, reason } = server.authorizer.authorize(user, attributes);
  return { allowed, ...(reason === undefined ? {} : { reason }) };
}

function selfRules(server: Server, { user }: RequestContext, review: KubeObject): KubeObject {
  const namespace = (review as SelfSubjectRulesReview).spec?.namespace ?? '';
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, errors } = server.rbac.rulesFor(user, namespace);
  const isUrl = ({ nonResourceURLs = [] }: PolicyRule): boolean => nonResourceURLs.length > 0;
  return withStatus(review, {
    resourceRules: rules
      .filter((rule) => !isUrl(rule))
      .map(({ verbs, apiGroups = [], resources = [], resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames === undefined ? {} : { resourceNames }),
      })),
    nonResourceRules: rules.filter(isUrl).map(({ verbs, nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
    incomplete: errors.length > 0,
    ...(errors.length === 0 ? {} : { evaluationError: errors.join(', ') }),
  });
}

function withStatus(review: KubeObject, status: object): KubeObject {
  return { ...review, status } as KubeObject;
}
