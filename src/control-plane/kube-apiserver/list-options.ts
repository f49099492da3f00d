import type { Kind } from '../../api/kind.ts';
import type { FieldSelector } from '../../api/field-selector.ts';
import type { Selector } from '../../api/selector.ts';
import type { StatusCause } from '../../api/types.gen.ts';
import { FieldSelectorError, parseFieldSelector, unknownFieldLabel } from '../../api/field-selector.ts';
import { EVERYTHING, parseSelector, SelectorError } from '../../api/selector.ts';
import { badRequest, invalid, quote } from '../../api/status.ts';
import { isTrue } from './request-info.ts';

export interface ListRequest {
  readonly labels: Selector;
  readonly fields: FieldSelector;
  readonly limit: number;
  readonly continue: string;
  readonly resourceVersion: string;
  readonly match: '' | 'Exact' | 'NotOlderThan';
  readonly allowBookmarks: boolean;
  /** Undefined: not said, which is another thing than no. */
  readonly sendInitialEvents: boolean | undefined;
  /** Seconds; undefined: the server chooses. */
  readonly timeout: number | undefined;
}

/** Throws ApiError with upstream's text. Models metainternalversion.ListOptions and its validation. */
export function listOptions(query: URLSearchParams, kind: Kind, isWatch: boolean): ListRequest {
  const labels = labelsOf(query.get('labelSelector') ?? '');
  const fields = fieldsOf(query.get('fieldSelector') ?? '', kind);
  const causes = listCauses(query, isWatch);
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  const resourceVersion = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  return {
    labels,
    fields,
    limit: integerOf(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    resourceVersion,
    match: match === 'Exact' || match === 'NotOlderThan' ? match : '',
    allowBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: query.get('sendInitialEvents') === null ? undefined : isTrue(query.get('sendInitialEvents')),
    timeout: integerOf(query, 'timeoutSeconds'),
  };
}

function labelsOf(text: string): Selector {
  if (text === '') return EVERYTHING;
  try {
    return parseSelector(text);
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message);
    throw error;
  }
}

function fieldsOf(text: string, kind: Kind): FieldSelector {
  if (text === '') return [];
  try {
    const fields = parseFieldSelector(text);
    const complaint = unknownFieldLabel(kind, fields);
    if (complaint !== undefined) throw badRequest(complaint);
    return fields;
  } catch (error) {
    if (error instanceof FieldSelectorError) throw badRequest(error.message);
    throw error;
  }
}

/** Models metainternalversion/validation.ValidateListOptions. */
function listCauses(query: URLSearchParams, isWatch: boolean): StatusCause[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const initial = query.get('sendInitialEvents');
  const continued = (query.get('continue') ?? '') !== '';
  const resourceVersion = query.get('resourceVersion') ?? '';
  const causes: StatusCause[] = [];
  const forbid = (text: string, field = 'resourceVersionMatch'): number =>
    causes.push({ reason: 'FieldValueForbidden', message: `Forbidden: ${text}`, field });
  const unsupported = (values: readonly string[]): number =>
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${quote(match)}: supported values: ${values.map(quote).join(', ')}`,
      field: 'resourceVersionMatch',
    });
  if (isWatch) {
    if (initial !== null && match !== 'NotOlderThan')
      forbid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    if (match === '') return causes;
    if (initial === null) forbid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    if (match !== 'NotOlderThan') unsupported(['NotOlderThan']);
    if (continued) forbid('resourceVersionMatch is forbidden when continue is provided');
    return causes;
  }
  if (match !== '') {
    if (resourceVersion === '') forbid('resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (continued) forbid('resourceVersionMatch is forbidden when continue is provided');
    if (match !== 'Exact' && match !== 'NotOlderThan') unsupported(['Exact', 'NotOlderThan', '']);
    if (match === 'Exact' && resourceVersion === '0')
      forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  if (initial !== null) forbid('sendInitialEvents is forbidden for list', 'sendInitialEvents');
  return causes;
}

function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[+-]?[0-9]+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  return Number(text);
}

/** A resourceVersion given by a client, as a revision; 0 when empty. */
export function revisionOfText(text: string): number {
  if (text === '') return 0;
  if (!/^[0-9]+$/.test(text)) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${quote(text)}: strconv.ParseUint: parsing ${quote(text)}: invalid syntax`,
    );
  }
  return Number(text);
}
