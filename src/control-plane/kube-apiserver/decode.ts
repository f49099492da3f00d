import { parse } from 'yaml';
import type { FieldValidation } from '../../api/decode-request.ts';
import type { KubeObject } from '../../api/types.gen.ts';
import type { RequestContext } from './context.ts';
import { decodeBody, decodeValue } from '../../api/decode-request.ts';
import { asYamlError, repeatedYamlKeys, strictPatchProblems } from '../../api/strict.ts';
import { badRequest, unsupportedMediaType } from '../../api/status.ts';
import { isObject } from '../../lib/json.ts';
import { MEDIA_TYPES } from './negotiate.ts';

/** What a body is expected to be: a kind, or a sub-resource's own. */
export interface ExpectedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly type: string;
}

/** The request's body as an object; warnings go into the answer. Throws ApiError. */
export function decodeRequestBody(ctx: RequestContext, kind: ExpectedKind, validation: FieldValidation): KubeObject {
  const { body, headers } = ctx.exchange.request;
  const mediaType = mediaTypeOf(headers['content-type']);
  if (mediaType === 'application/json') {
    const { object, warnings } = decodeBody(body, kind, validation);
    ctx.warnings.push(...warnings);
    return object;
  }
  if (mediaType !== 'application/yaml') throw unsupportedMediaType(MEDIA_TYPES);
  const repeated = validation === 'Ignore' ? [] : repeatedYamlKeys(body);
  const { object, warnings } = decodeValue(parseYamlObject(body, kind), kind, validation, (unknown) => {
    const problems = strictPatchProblems([], unknown);
    if (repeated.length === 0) return problems;
    return validation === 'Strict' ? [asYamlError(repeated), ...problems] : [...repeated, ...problems];
  });
  ctx.warnings.push(...warnings);
  return object;
}

export function mediaTypeOf(contentType: string | undefined): string {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return type === '' ? 'application/json' : type;
}

function parseYamlObject(text: string, kind: ExpectedKind): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text, { version: '1.1', logLevel: 'silent', uniqueKeys: false });
  } catch {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; yaml parse error`,
    );
  }
  if (!isObject(value)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`,
    );
  }
  return value;
}
