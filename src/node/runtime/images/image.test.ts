import { describe, expect, it } from 'vitest';
import { CATALOGUE, familyOf, findRelease } from './catalogue.ts';
import { IMAGE_CONTENTS } from './index.ts';
import { formatReference, manifestOf, parseReference } from './image.ts';

describe('references', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.29', 'docker.io/library/nginx:1.29'],
    ['hashicorp/http-echo:0.2.3', 'docker.io/hashicorp/http-echo:0.2.3'],
    ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
    ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
    [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  ])('%s is %s', (text, expected) => {
    const reference = parseReference(text);
    expect(reference && formatReference(reference)).toBe(expected);
  });
  it.each(['', 'Nginx', 'a b', ':tag', 'nginx:', 'nginx@sha256:12'])('%j is none', (text) => {
    expect(parseReference(text)).toBeUndefined();
  });
});

describe('the catalogue', () => {
  it('has a tag once, a program for each image and manifests that differ', () => {
    const digests = new Set<string>();
    let releases = 0;
    for (const family of CATALOGUE) {
      const tags = family.releases.flatMap((release) => release.tags);
      expect(new Set(tags).size, family.repository).toBe(tags.length);
      for (const release of family.releases) digests.add(manifestOf(family, release).digest);
      releases += family.releases.length;
      if (family.preloaded !== true) expect(IMAGE_CONTENTS[family.program], family.repository).toBeDefined();
    }
    expect(digests.size).toBe(releases);
  });
  it('finds a release by tag and by digest', () => {
    const family = familyOf('docker.io', 'library/nginx');
    const byTag = family && findRelease(family, { tag: '1.29' });
    expect(byTag?.release.version).toBe('1.29.3');
    expect(family && byTag && findRelease(family, { digest: byTag.manifest.digest })?.release).toBe(byTag?.release);
    expect(family && findRelease(family, { tag: 'doesnotexist' })).toBeUndefined();
  });
});
