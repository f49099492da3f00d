import type { Exchange } from '../../sim/http.ts';
import type { User } from './auth.ts';
import type { Accepted } from './negotiate.ts';
import type { RequestInfo } from './request-info.ts';

/** One request on its way through the server. */
export interface RequestContext {
  readonly exchange: Exchange;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly user: User;
  readonly accepted: Accepted;
  readonly userAgent: string;
  /** Texts for `Warning` headers, in order. */
  readonly warnings: string[];
}
