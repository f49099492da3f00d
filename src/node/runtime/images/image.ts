import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { SignalName } from '../../../unix/task.ts';
import { stableStringify } from '../../../lib/json.ts';

/** A repository of images with the same program. Data only: the registry serves it, the runtime unpacks it. */
export interface ImageFamily {
  /** Fully qualified: `docker.io/library/nginx`. */
  readonly repository: string;
  /** Program of the worker's table that runs its containers. */
  readonly program: string;
  readonly releases: readonly Release[];
  readonly config: ImageConfig;
  /** On every node from the start, as kubeadm pulls them: never fetched. */
  readonly preloaded?: boolean;
  /** Has a Web Worker of its own (control-plane programs), and no shell. */
  readonly ownWorker?: boolean;
}

export interface Release {
  /** The first one is the most specific: `1.29.3`, `1.29`, `latest`. */
  readonly tags: readonly string[];
  /** Compressed size of each layer, bytes. */
  readonly layers: readonly number[];
  /** Version that the program prints. */
  readonly version: string;
}

export interface ImageConfig {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly stopSignal?: SignalName;
}

export interface Manifest {
  readonly digest: string;
  readonly body: string;
  readonly config: { readonly digest: string; readonly size: number };
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

/** A manifest follows from its release alone, and its digests are dear. */
const manifests = new WeakMap<Release, Manifest>();

/** The manifest of a release, content-addressed as a registry's. */
export function manifestOf(family: ImageFamily, release: Release): Manifest {
  const known = manifests.get(release);
  if (known !== undefined) return known;
  const manifest = makeManifest(family, release);
  manifests.set(release, manifest);
  return manifest;
}

function makeManifest(family: ImageFamily, release: Release): Manifest {
  const layers = release.layers.map((size, index) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digest(`${family.repository}/${release.version}/${release.tags[0]}/layer/${index}`),
    size,
  }));
  const configText = stableStringify({ config: family.config, version: release.version });
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digest(configText),
    size: configText.length,
  };
  const body = stableStringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers,
  });
  return { digest: digest(body), body, config, layers };
}

function digest(text: string): string {
  return `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`;
}

/** A reference as containerd normalises it: host, path and tag or digest. */
export interface Reference {
  readonly host: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Reads `nginx`, `nginx:1.29`, `quay.io/a/b@sha256:…`. Undefined: not a reference. Models distribution/reference. */
export function parseReference(text: string): Reference | undefined {
  const match = /^((?:[^/@]+\/)*[^/:@]+)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text);
  if (match === null) return undefined;
  const [, name = '', tag, digestText] = match;
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hasHost = /[.:]/.test(first) || first === 'localhost';
  const host = hasHost ? first.replace(/^index\.docker\.io$/, 'docker.io') : 'docker.io';
  const rest = hasHost ? name.slice(slash + 1) : name;
  if (!/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/.test(rest))
    return undefined;
  const path = host === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest;
  if (digestText !== undefined) return { host, path, digest: digestText, ...(tag === undefined ? {} : { tag }) };
  return { host, path, tag: tag ?? 'latest' };
}

export function formatReference({ host, path, tag, digest: id }: Reference): string {
  return `${host}/${path}${id === undefined ? `:${tag ?? 'latest'}` : `@${id}`}`;
}
