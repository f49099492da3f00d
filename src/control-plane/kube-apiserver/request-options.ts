// Models apimachinery/pkg/apis/meta/v1/validation and internalversion/validation.
import type { StatusCause } from '../../api/types.gen.ts';
import type { FieldValidation } from '../../api/decode-request.ts';
import { badRequest, invalid, quote } from '../../api/status.ts';
import { isObject } from '../../lib/json.ts';

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  readonly fieldManager: string;
  readonly force: boolean;
}

const APPLY = 'application/apply-patch+yaml';

export function writeOptions(
  type: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  query: URLSearchParams,
  patchType = '',
): WriteOptions {
  const causes: StatusCause[] = [];
  const fieldManager = query.get('fieldManager') ?? '';
  const force = query.get('force');
  if (type === 'PatchOptions') {
    if (patchType !== APPLY && force !== null)
      causes.push(forbiddenField('force', 'may not be specified for non-apply patch'));
    if (patchType === APPLY && fieldManager === '') {
      causes.push({
        reason: 'FieldValueRequired',
        message: 'Required value: is required for apply patch',
        field: 'fieldManager',
      });
    }
  }
  if (fieldManager.length > 128) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: 'Too long: may not be more than 128 bytes',
      field: 'fieldManager',
    });
  }
  const dryRun = query.getAll('dryRun');
  causes.push(...dryRunCauses(dryRun));
  const fieldValidation = query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(fieldValidation)) {
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${quote(fieldValidation)}: supported values: "", "Ignore", "Strict", "Warn"`,
      field: 'fieldValidation',
    });
  }
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: type }, '', causes);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation === 'Strict' || fieldValidation === 'Ignore' ? fieldValidation : 'Warn',
    fieldManager,
    force: force === 'true' || force === '1',
  };
}

function dryRunCauses(values: readonly string[]): StatusCause[] {
  if (values.every((value) => value === 'All')) return [];
  const shown = `[${values.map(quote).join(',')}]`;
  return [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${shown}: supported values: "All"`,
      field: 'dryRun',
    },
  ];
}

function forbiddenField(field: string, text: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${text}`, field };
}

export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

export interface DeleteRequest {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: PropagationPolicy;
  readonly orphanDependents?: boolean;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** From the body, or, when there is none, from the query. Models handlers.DeleteResource. */
export function deleteOptions(body: string, query: URLSearchParams): DeleteRequest {
  return checked(body === '' ? optionsOfQuery(query) : optionsOfBody(body));
}

interface Unchecked {
  readonly dryRun: readonly string[];
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly orphanDependents?: boolean | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

function optionsOfQuery(query: URLSearchParams): Unchecked {
  const grace = query.get('gracePeriodSeconds');
  if (grace !== null && !/^[+-]?[0-9]+$/.test(grace)) {
    throw badRequest(`strconv.ParseInt: parsing ${quote(grace)}: invalid syntax`);
  }
  const orphan = query.get('orphanDependents');
  return {
    dryRun: query.getAll('dryRun'),
    gracePeriodSeconds: grace === null ? undefined : Number(grace),
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
    orphanDependents: orphan === null ? undefined : orphan === 'true' || orphan === '1',
  };
}

function optionsOfBody(body: string): Unchecked {
  const value = parseOptionsBody(body);
  const preconditions = isObject(value['preconditions']) ? value['preconditions'] : {};
  const dryRun = value['dryRun'];
  return {
    dryRun: Array.isArray(dryRun) ? dryRun.map(String) : [],
    gracePeriodSeconds: numberOf(value['gracePeriodSeconds'], 'gracePeriodSeconds', 'int64'),
    propagationPolicy: textOf(value['propagationPolicy'], 'propagationPolicy', 'v1.DeletionPropagation'),
    orphanDependents: typeof value['orphanDependents'] === 'boolean' ? value['orphanDependents'] : undefined,
    uid: textOf(preconditions['uid'], 'preconditions.uid', 'types.UID'),
    resourceVersion: textOf(preconditions['resourceVersion'], 'preconditions.resourceVersion', 'string'),
  };
}

function parseOptionsBody(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw badRequest(`couldn't get version/kind; json parse error: invalid DeleteOptions`);
  }
  if (!isObject(value)) throw badRequest('expected DeleteOptions');
  const kind = value['kind'];
  if (kind !== undefined && kind !== '' && kind !== 'DeleteOptions') {
    throw badRequest(`decoded object cannot be converted to DeleteOptions`);
  }
  return value;
}

function numberOf(value: unknown, field: string, type: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw unmarshalError(value, field, type);
}

function textOf(value: unknown, field: string, type: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw unmarshalError(value, field, type);
}

function unmarshalError(value: unknown, field: string, type: string): Error {
  const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return badRequest(
    `DeleteOptions in version "v1" cannot be handled as a DeleteOptions: json: cannot unmarshal ${found} into Go struct field DeleteOptions.${field} of type ${type}`,
  );
}

function checked(options: Unchecked): DeleteRequest {
  const causes: StatusCause[] = [];
  const { propagationPolicy: policy, orphanDependents } = options;
  if (policy !== undefined && orphanDependents !== undefined) {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${quote(policy)}: orphanDependents and deletionPropagation cannot be both set`,
      field: 'propagationPolicy',
    });
  }
  if (policy !== undefined && !isPolicy(policy)) {
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${quote(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
      field: 'propagationPolicy',
    });
  }
  causes.push(...dryRunCauses(options.dryRun));
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', causes);
  return {
    dryRun: options.dryRun.length > 0,
    ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
    ...(policy !== undefined && isPolicy(policy) ? { propagationPolicy: policy } : {}),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.resourceVersion === undefined ? {} : { resourceVersion: options.resourceVersion }),
  };
}

function isPolicy(text: string): text is PropagationPolicy {
  return text === 'Background' || text === 'Foreground' || text === 'Orphan';
}
