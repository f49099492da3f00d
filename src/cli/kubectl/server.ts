import type { JsonObject } from '../../lib/json.ts';
import { isObject, stableStringify } from '../../lib/json.ts';
import type { Micros } from '../../sim/env.ts';
import type { HttpResponse, HttpStream, RequestInit, RpcFailure } from '../../sim/http.ts';
import type { Status } from '../../api/types.gen.ts';
import { ExitError, StatusError } from './errors.ts';
import type { KubectlIo } from './io.ts';
import type { RequestLog } from './request-log.ts';

/** Any object of the API as data. */
export type Obj = JsonObject;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly accept?: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly timeout?: Micros;
  /** `jobs.batch`: named in the error that stands for an answer which is no Status, as typed clients do. */
  readonly about?: string;
}

export interface KubeStreamHandlers {
  data(text: string, channel: number): void;
  end(): void;
  fail(failure: RpcFailure): void;
  /** The answer was no stream but an error; `body` is its text as it came. */
  refused(error: StatusError, body: string): void;
}

export const JSON_TYPE = 'application/json';
export const TABLE_TYPE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** The API server as kubectl calls it: JSON, warnings to stderr, and a StatusError when the server says no. */
export class Server {
  readonly io: KubectlIo;
  readonly headers: Readonly<Record<string, string>>;
  readonly log: RequestLog;
  private readonly timeout: Micros | undefined;
  private readonly seenWarnings = new Set<string>();
  private readonly warningsAsErrors: boolean;
  warnings = 0;

  constructor(
    io: KubectlIo,
    headers: Readonly<Record<string, string>>,
    log: RequestLog,
    timeout?: Micros,
    warningsAsErrors = false,
  ) {
    this.io = io;
    this.headers = headers;
    this.log = log;
    this.timeout = timeout;
    this.warningsAsErrors = warningsAsErrors;
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const timeout = options.timeout ?? this.timeout;
    const request = this.request(method, path, options);
    const answered = this.log.asked(request);
    const response = await this.io.client.raw(request, timeout === undefined ? {} : { timeout });
    answered(response, response.body);
    this.showWarnings(response.headers);
    if (response.status >= 400) throw new StatusError(statusOf(response, method, options.about));
    return { status: response.status, body: response.body };
  }

  async json(method: string, path: string, options: CallOptions = {}): Promise<Obj> {
    const { body } = await this.call(method, path, options);
    return body === '' ? {} : (JSON.parse(body) as Obj);
  }

  /** A streaming GET or an upgrade to channels; ends with Ctrl-C. A refusal comes whole, wherever its body travelled. */
  stream(method: string, path: string, options: CallOptions, handlers: KubeStreamHandlers): HttpStream {
    let refusal: { readonly head: HttpResponse; body: string } | undefined;
    const refuse = (): void => {
      if (refusal === undefined) return;
      handlers.refused(new StatusError(statusOf({ ...refusal.head, body: refusal.body }, method)), refusal.body);
      refusal = undefined;
    };
    const request = this.request(method, path, options);
    const answered = this.log.asked(request);
    const stream = this.io.client.rawStream(request, {
      head: (response) => {
        answered(response);
        this.showWarnings(response.headers);
        if (response.status < 400) {
          if (response.body !== '') handlers.data(response.body, 1);
          return;
        }
        refusal = { head: response, body: response.body };
        if (response.body !== '') refuse();
      },
      data: (text, channel) => {
        if (refusal === undefined) handlers.data(text, channel);
        else refusal.body += text;
      },
      end: () => {
        if (refusal === undefined) handlers.end();
        else refuse();
      },
      fail: (failure) => {
        if (refusal === undefined) handlers.fail(failure);
        else refuse();
      },
    });
    this.io.onInterrupt(() => stream.cancel());
    return stream;
  }

  failIfWarned(): void {
    if (!this.warningsAsErrors || this.warnings === 0) return;
    this.io.stderr(`error: ${this.warnings} warning${this.warnings === 1 ? '' : 's'} received\n`);
    throw new ExitError(1);
  }

  warn(text: string): void {
    this.warnings++;
    if (this.seenWarnings.has(text)) return;
    this.seenWarnings.add(text);
    this.io.stderr(`Warning: ${text}\n`);
  }

  private request(method: string, path: string, options: CallOptions): RequestInit {
    const body =
      options.body === undefined
        ? undefined
        : typeof options.body === 'string'
          ? options.body
          : stableStringify(options.body);
    return {
      method,
      path: withQuery(path, options.query ?? {}),
      headers: {
        accept: options.accept ?? JSON_TYPE,
        ...(body === undefined ? {} : { 'content-type': options.contentType ?? JSON_TYPE }),
        ...this.headers,
      },
      ...(body === undefined ? {} : { body }),
    };
  }

  private showWarnings(headers: Readonly<Record<string, string>>): void {
    const header = headers['warning'] ?? headers['Warning'];
    if (header === undefined) return;
    for (const match of header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)) {
      this.warn((match[1] ?? '').replace(/\\(.)/g, '$1'));
    }
  }
}

export function statusOf(response: HttpResponse, method: string, about?: string): Status {
  try {
    const body: unknown = JSON.parse(response.body);
    if (isObject(body) && body['kind'] === 'Status') return body as unknown as Status;
  } catch {
    // Not JSON: the status is made from the code, as client-go does.
  }
  const generic = genericStatus(response.status, method, response.body);
  return about === undefined
    ? generic
    : { ...generic, message: `${generic.message ?? ''} (${method.toLowerCase()} ${about})` };
}

/** Models apierrors.NewGenericServerResponse for the codes that proxies and the door answer by themselves. */
function genericStatus(code: number, method: string, body: string): Status {
  const known: Readonly<Record<number, readonly [string, string]>> = {
    400: ['BadRequest', body.trim() === '' ? 'the server rejected our request for an unknown reason' : body.trim()],
    401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
    403: ['Forbidden', body.trim() === '' ? 'unknown' : body.trim()],
    404: ['NotFound', 'the server could not find the requested resource'],
    405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
    406: ['NotAcceptable', body.trim()],
    409: ['Conflict', method === 'POST' ? 'the server reported a conflict' : 'the server reported a conflict'],
    413: ['RequestEntityTooLarge', 'the server rejected our request: limit is 3145728'],
    422: ['Invalid', 'the server rejected our request due to an error in our request'],
    429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
    500: [
      'InternalError',
      `an error on the server (${JSON.stringify(body.trim() === '' ? 'unknown' : body.trim())}) has prevented the request from succeeding`,
    ],
    503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
    504: [
      'Timeout',
      'the server was unable to return a response in the time allotted, but may still be processing the request',
    ],
  };
  const [reason, message] = known[code] ?? [
    '',
    `the server responded with the status code ${code} but did not return more information`,
  ];
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    code,
  };
}

export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parts.push(`${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
  }
  if (parts.length === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${parts.join('&')}`;
}
