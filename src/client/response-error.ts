import { ApiError, quote } from '../api/status.ts';
import type { Status } from '../api/types.gen.ts';
import { isObject } from '../lib/json.ts';
import type { HttpResponse } from '../sim/http.ts';
import type { Resource } from './resources.ts';

/** The API's answer as an error: its own Status, or, from something that is no API server, one made of the code. Models client-go/rest transformResponse. */
export function errorOf(response: HttpResponse, verb: string, resource: Resource): ApiError {
  return new ApiError(statusIn(response.body) ?? genericStatus(response, verb, resource));
}

function statusIn(body: string): Status | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) && parsed['kind'] === 'Status' ? (parsed as Status) : undefined;
  } catch {
    return undefined;
  }
}

/** Reason and message by code. Models apimachinery/pkg/api/errors NewGenericServerResponse. */
const GENERIC: Readonly<Record<number, readonly [string, string]>> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  403: ['Forbidden', 'the server rejected our request due to an error in our request'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  406: ['NotAcceptable', 'the server was unable to respond with a content type that the client supports'],
  409: ['Conflict', 'the server reported a conflict'],
  415: ['UnsupportedMediaType', 'the server was unable to understand the content type of the request'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
};

function genericStatus(response: HttpResponse, verb: string, resource: Resource): Status {
  const [reason, text] = GENERIC[response.status] ?? (response.status >= 500 ? ['InternalError', ''] : ['Unknown', '']);
  const said =
    text === ''
      ? `an error on the server (${quote(response.body === '' ? 'unknown' : response.body)}) has prevented the request from succeeding`
      : text;
  const of = resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${said} (${verb} ${of})`,
    reason,
    details: {
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.plural,
      causes: [{ reason: 'UnexpectedServerResponse', message: response.body === '' ? 'unknown' : response.body }],
    },
    code: response.status,
  };
}
