// Models apiserver/pkg/util/flowcontrol/request: how many seats a request takes. What a write costs its watchers is left out.
import type { RequestInfo } from '../request-info.ts';
import type { Server } from '../server.ts';

const OBJECTS_PER_SEAT = 100;
const MOST_SEATS = 10;
/** No request takes more than this part of its level. */
const MOST_OF_LEVEL = 0.15;

/** Lists, and watches that begin with one, take a seat for each hundred objects looked at. */
export function seatsOf(server: Server, info: RequestInfo, query: URLSearchParams, nominal: number): number {
  const lists = info.verb === 'list' || (info.verb === 'watch' && query.get('sendInitialEvents') === 'true');
  if (!lists || info.name !== '') return 1;
  const resource = server.resource(info.group, info.version, info.resource);
  if (resource === undefined) return 1;
  const stored = resource.cache.count(resource.cache.prefix);
  const most = Math.max(1, Math.min(MOST_SEATS, Math.ceil(nominal * MOST_OF_LEVEL)));
  return Math.max(1, Math.min(most, Math.ceil(stored / OBJECTS_PER_SEAT)));
}
