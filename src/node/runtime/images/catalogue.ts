import { sortBy } from '../../../lib/order.ts';
import { busybox } from './busybox.ts';
import { controlPlane } from './control-plane.ts';
import { crash } from './crash.ts';
import { agnhost, echoserver, httpEcho } from './echo-servers.ts';
import { httpd } from './httpd.ts';
import { manifestOf, type ImageFamily, type Manifest, type Reference, type Release } from './image.ts';
import { alpine, curl, debian, ubuntu } from './linux.ts';
import { nginx } from './nginx.ts';
import { pause } from './pause.ts';
import { redis } from './redis.ts';

/** Every image that exists, by repository. */
export const CATALOGUE: readonly ImageFamily[] = sortBy(
  [
    agnhost,
    alpine,
    busybox,
    ...controlPlane,
    crash,
    curl,
    debian,
    echoserver,
    httpEcho,
    httpd,
    nginx,
    pause,
    redis,
    ubuntu,
  ],
  (family) => family.repository,
);

export interface CatalogueEntry {
  readonly family: ImageFamily;
  readonly release: Release;
  readonly manifest: Manifest;
}

export function familyOf(host: string, path: string): ImageFamily | undefined {
  return CATALOGUE.find(({ repository }) => repository === `${host}/${path}`);
}

/** The release that a tag or digest names. */
export function findRelease(
  family: ImageFamily,
  reference: Pick<Reference, 'tag' | 'digest'>,
): CatalogueEntry | undefined {
  for (const release of family.releases) {
    const manifest = manifestOf(family, release);
    const hit =
      reference.digest === undefined
        ? release.tags.includes(reference.tag ?? 'latest')
        : manifest.digest === reference.digest;
    if (hit) return { family, release, manifest };
  }
  return undefined;
}
