// A Swagger 2.0 document, made from those of OpenAPI v3: what older clients read.
import { isObject } from '../../../lib/json.ts';
import { VERSION } from '../../../api/version.ts';

export function openApiV2(documents: readonly unknown[]): Record<string, unknown> {
  const definitions: Record<string, unknown> = {};
  const paths: Record<string, unknown> = {};
  for (const each of documents) {
    const document = asSwagger(each);
    if (!isObject(document)) continue;
    Object.assign(paths, document['paths']);
    if (isObject(document['components'])) Object.assign(definitions, document['components']['schemas']);
  }
  return { swagger: '2.0', info: { title: 'Kubernetes', version: VERSION.gitVersion }, paths, definitions };
}
/** References, parameters and answers in the older form. */
function asSwagger(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asSwagger);
  if (!isObject(value)) return value;
  const [only] = Array.isArray(value['allOf']) ? value['allOf'] : [];
  if (isObject(only) && typeof only['$ref'] === 'string') {
    const { allOf: _, default: __, ...rest } = value;
    return { ...rest, ...reference(only['$ref']) };
  }
  if (typeof value['$ref'] === 'string') return reference(value['$ref']);
  if (typeof value['in'] === 'string' && isObject(value['schema'])) {
    const { schema, ...rest } = value;
    return { ...rest, ...schema };
  }
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key !== 'requestBody' && key !== 'content') result[key] = asSwagger(member);
  }
  return result;
}

function reference(target: string): { readonly $ref: string } {
  return { $ref: target.replace('#/components/schemas/', '#/definitions/') };
}
