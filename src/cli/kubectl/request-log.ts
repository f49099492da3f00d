import { headerName, statusText } from '../../lib/http-text.ts';
import type { HttpResponse, RequestInit } from '../../sim/http.ts';
import type { StatusError } from './errors.ts';
import type { KubectlIo } from './io.ts';
import { logLine } from './klog.ts';

/** What each level of `-v` adds. Models client-go/transport.DebugWrappers and rest.logBody. */
const STATUSES = 4;
const URLS = 6;
const HEADERS = 7;
const BODIES = 8;
const CURL = 9;

/** kubectl's own log of what it asks the server for: what `-v=6` and higher print. */
export class RequestLog {
  readonly #io: KubectlIo;
  readonly #level: number;
  readonly #server: string;

  constructor(io: KubectlIo, level: number, server: string) {
    this.#io = io;
    this.#level = level;
    this.#server = server;
  }

  /** The kubeconfig file that counted. */
  loaded(path: string): void {
    if (this.#level >= URLS) logLine(this.#io, 'I', 'loader.go:405', `Config loaded from file:  ${path}`);
  }

  /** A request goes out; what is returned hears how it was answered. */
  asked(request: RequestInit): (response: HttpResponse, body?: string) => void {
    if (this.#level < URLS) return () => undefined;
    const began = this.#io.now();
    const names = `verb=${quote(request.method)} url=${quote(this.#server + request.path)}`;
    const where = request.method === 'PATCH' ? 'helper.go:269' : 'helper.go:105';
    if (this.#level >= BODIES) this.#line(where, `"Request Body" body=${value(request.body ?? '')}`);
    if (this.#level >= CURL) this.#line('round_trippers.go:527', `"Request" curlCommand=${block(this.#curl(request))}`);
    else if (this.#level >= HEADERS)
      this.#line('round_trippers.go:527', `"Request" ${names} headers=${block(headerLines(request.headers ?? {}))}`);
    return ({ status, headers }, body) => {
      const said = [
        ...(this.#level < HEADERS || this.#level >= CURL ? [names] : []),
        `status=${quote(`${status} ${statusText(status)}`)}`,
        ...(this.#level >= BODIES ? [`headers=${block(headerLines(headers))}`] : []),
        `milliseconds=${Math.floor((this.#io.now() - began) / 1_000)}`,
      ];
      this.#line('round_trippers.go:632', `"Response" ${said.join(' ')}`);
      if (this.#level >= BODIES && body !== undefined) this.#line(where, `"Response Body" body=${value(body)}`);
    };
  }

  /** The command ends because the server said no. */
  failed({ status }: StatusError): void {
    if (this.#level >= STATUSES)
      this.#line('helpers.go:246', `server response object: %s[${JSON.stringify(status, undefined, 2)}]`);
  }

  #curl({ method, path, headers }: RequestInit): string[] {
    const given = headerLines(headers ?? {}).map((line) => ` -H ${quote(line)}`);
    return [`curl -v -X${method} ${given.join('')} '${this.#server}${path}'`];
  }

  #line(where: string, text: string): void {
    logLine(this.#io, 'I', where, text);
  }
}

const quote = (text: string): string => JSON.stringify(text);

/** klog shows what has several lines indented between `<` and `>`. */
const block = (lines: readonly string[]): string => `<\n${lines.map((line) => `\t${line}\n`).join('')} >`;

const value = (text: string): string =>
  text.includes('\n') ? block(text.replace(/\n$/, '').split('\n')) : quote(text);

/** Sorted, in the spelling of HTTP; who asks shows no credentials. */
function headerLines(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .map(([name, given]) => [headerName(name), given] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, given]) => `${name}: ${name === 'Authorization' ? 'Bearer <masked>' : given}`);
}
