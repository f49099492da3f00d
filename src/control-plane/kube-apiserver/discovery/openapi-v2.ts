import type { Server } from '../server.ts';
import { VERSION } from './version.ts';
import { schemasFor } from './schemas.ts';
import { kindPaths } from './openapi-paths.ts';

/** A Swagger 2.0 document of the kinds served. */
export function openApiV2(server: Server): object {
  const kinds = server.resources.map(({ kind }) => kind);
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: VERSION.gitVersion },
    paths: kindPaths(kinds, 'v2'),
    definitions: schemasFor(kinds, '#/definitions/'),
  };
}
