// When a request's turn comes. Models apiserver/pkg/server/filters/priority-and-fairness.go and maxinflight.go.
import type { Env } from '../../../sim/env.ts';
import type { RequestContext } from '../context.ts';
import type { Deadlines } from '../deadlines.ts';
import type { Options } from '../options.ts';
import type { Server } from '../server.ts';
import { Fairness } from './fairness.ts';
import type { Flow, FlowControl } from './flow-control.ts';
import { MaxInFlight, RETRY_AFTER_SECONDS } from './max-in-flight.ts';
import { seatsOf } from './work-estimate.ts';

/** Of the answer to a request, what admittance has to do with. */
export interface Answering {
  /** Of every answer, beside its own. */
  headers: Readonly<Record<string, string>>;
  given(): boolean;
  onAnswer(then: () => void): void;
}

/** Goes on at once, later, or not at all: then it has answered. A watch keeps its seat until it has begun. */
export type Admittance = (server: Server, ctx: RequestContext, answering: Answering, goOn: () => void) => void;

/** A fairness that lets nobody wait longer than this part of the time that a request has. */
const WAIT_DIVISOR = 4;

export function createAdmittance(
  env: Env,
  options: Options,
  deadlines: Deadlines,
  flowControl: FlowControl,
): Admittance {
  const { maxRequestsInFlight, maxMutatingRequestsInFlight, requestTimeout } = options;
  if (!options.priorityAndFairness) {
    const inFlight = new MaxInFlight(maxRequestsInFlight, maxMutatingRequestsInFlight);
    return (_server, ctx, answering, goOn) => {
      const leave = inFlight.enter(ctx.user, ctx.info);
      if (leave === undefined) return refuse(ctx, RETRY_AFTER_SECONDS);
      answering.onAnswer(leave);
      goOn();
    };
  }
  const seats = maxRequestsInFlight + maxMutatingRequestsInFlight;
  const fairness = new Fairness(env, deadlines, { seats, longestWait: Math.floor(requestTimeout / WAIT_DIVISOR) });
  return (server, ctx, answering, goOn) => {
    const flow = flowControl.classify(ctx.user, ctx.info);
    if (flow === undefined) return goOn();
    answering.headers = { ...answering.headers, ...flow.headers };
    const seat: { leave?: () => void } = {};
    answering.onAnswer(() => seat.leave?.());
    seat.leave = fairness.enter(
      {
        flow,
        distinguisher: distinguisherOf(flow, ctx),
        width: (nominal) => seatsOf(server, ctx.info, ctx.query, nominal),
        run: goOn,
        waits: (giveUp) => ctx.exchange.on({ closed: giveUp }),
        refuse: (retryAfter) => refuse(ctx, retryAfter),
      },
      flowControl.levels,
    );
    // The answer may be there before anybody knew how to leave.
    if (answering.given()) seat.leave();
  };
}

function distinguisherOf({ schema }: Flow, { user, info }: RequestContext): string {
  switch (schema.spec.distinguisherMethod?.type) {
    case 'ByUser':
      return user.name;
    case 'ByNamespace':
      return info.namespace;
    default:
      return '';
  }
}

/** Models tooManyRequests: not even a Status. */
function refuse(ctx: RequestContext, retryAfter: number): void {
  ctx.exchange.respond(429, 'Too many requests, please try again later.\n', {
    'cache-control': 'no-cache, private',
    'content-type': 'text/plain; charset=utf-8',
    'retry-after': String(retryAfter),
    'x-content-type-options': 'nosniff',
  });
}
