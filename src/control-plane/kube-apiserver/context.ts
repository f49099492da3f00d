import type { Exchange } from '../../sim/http.ts';
import type { User } from './auth.ts';
import type { Accepted } from './negotiate.ts';
import type { RequestInfo } from './request-info.ts';

/** Of a request that writes: who, in whose name, and what the answer warns of. */
export type WriteContext = Pick<RequestContext, 'user' | 'manager' | 'warnings'>;

/** One request on its way through the server. */
export interface RequestContext {
  readonly exchange: Exchange;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly user: User;
  readonly accepted: Accepted;
  readonly userAgent: string;
  /** Who comes to own the fields written. */
  readonly manager: string;
  /** Texts for `Warning` headers, in order. */
  readonly warnings: string[];
}
