import { SECOND, type Env } from '../../sim/env.ts';
import { RpcFailure, type HttpResponse } from '../../sim/http.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import type { Image } from '../../api/cri.ts';
import { sortBy } from '../../lib/order.ts';
import { CriFailure } from './cri-error.ts';
import { CATALOGUE, familyOf, findRelease, type CatalogueEntry } from './images/catalogue.ts';
import { formatReference, manifestOf, parseReference, type Reference } from './images/image.ts';
import { decodeImage, RecordStore } from './records.ts';

/** Layers fetched at a time: containerd's max_concurrent_downloads. */
const PARALLEL_LAYERS = 3;
/** Bytes per second at which layers are unpacked. */
const UNPACK_RATE = 400_000_000;
const DIAL_TIMEOUT = 30 * SECOND;

/** Registries that the internet of this world has, and the name that requests go to. */
const REGISTRIES: Readonly<Record<string, string>> = {
  'docker.io': 'registry-1.docker.io',
  'gcr.io': 'gcr.io',
  'ghcr.io': 'ghcr.io',
  'quay.io': 'quay.io',
  'registry.k8s.io': 'registry.k8s.io',
};

/** Images on this node, and how they come here. */
export class ImageStore {
  readonly #env: Env;
  readonly #registry: string;
  readonly #records;
  readonly #pulls = new Map<string, Promise<string>>();

  constructor(env: Env, registry: string) {
    this.#env = env;
    this.#registry = registry;
    this.#records = new RecordStore(env, 'images', decodeImage);
    if (env.disk.read(PRELOADED_MARK) === undefined) this.#preload();
  }

  list(): readonly Image[] {
    const byDigest = new Map<string, { names: string[]; entry: CatalogueEntry }>();
    for (const { name, digest } of sortBy(this.#records.values(), (record) => record.name)) {
      const entry = this.#entryOf(name, digest);
      if (entry === undefined) continue;
      const known = byDigest.get(digest) ?? { names: [], entry };
      known.names.push(name);
      byDigest.set(digest, known);
    }
    return [...byDigest.values()].map(({ names, entry }) => ({
      id: entry.manifest.config.digest,
      repoTags: names.filter((name) => !name.includes('@')),
      repoDigests: [`${entry.family.repository}@${entry.manifest.digest}`],
      size: sizeOf(entry),
    }));
  }

  /** By name, or by what an Image shows as its id or digest. */
  find(text: string): { readonly image: Image; readonly entry: CatalogueEntry; readonly name: string } | undefined {
    const reference = parseReference(text);
    const name = reference === undefined ? undefined : formatReference(reference);
    for (const image of this.list()) {
      const hit =
        image.id === text ||
        image.repoDigests.includes(text) ||
        (name !== undefined && (image.repoTags.includes(name) || image.repoDigests.includes(name)));
      if (!hit) continue;
      const shown = image.repoTags.includes(name ?? '')
        ? (name ?? '')
        : (image.repoTags[0] ?? image.repoDigests[0] ?? '');
      const record = this.#records
        .values()
        .find((candidate) => image.repoDigests.some((digest) => digest.endsWith(candidate.digest)));
      const entry = record === undefined ? undefined : this.#entryOf(record.name, record.digest);
      if (entry !== undefined) return { image, entry, name: shown };
    }
    return undefined;
  }

  remove(text: string): void {
    const found = this.find(text);
    if (found === undefined) return;
    for (const record of this.#records.values())
      if (record.digest === found.entry.manifest.digest) this.#records.remove(record.id);
  }

  /** Fetches an image; requests for the same one share the work. Answers the image's id. */
  pull(text: string): Promise<string> {
    const reference = parseReference(text);
    if (reference === undefined)
      throw new CriFailure('InvalidArgument', `failed to parse image reference "${text}": invalid reference format`);
    const name = formatReference(reference);
    const running = this.#pulls.get(name);
    if (running !== undefined) return running;
    const done = this.#env.deferred<string>();
    this.#pulls.set(name, done.promise);
    done.promise.catch(() => {});
    this.#env.trace({ type: 'pull', image: name, node: this.#env.host, state: 'started' });
    this.#env.spawn(async () => {
      try {
        done.resolve(await this.#fetch(reference, name));
        this.#env.trace({ type: 'pull', image: name, node: this.#env.host, state: 'done' });
      } catch (error) {
        if (!(error instanceof CriFailure)) throw error;
        this.#env.trace({ type: 'pull', image: name, node: this.#env.host, state: 'failed', text: error.message });
        done.reject(error);
      } finally {
        this.#pulls.delete(name);
      }
    });
    return done.promise;
  }

  async #fetch(reference: Reference, name: string): Promise<string> {
    const prefix = `failed to pull and unpack image "${name}": failed to resolve reference "${name}"`;
    const server = REGISTRIES[reference.host];
    const url = `https://${server ?? reference.host}/v2/${reference.path}/manifests/${reference.digest ?? reference.tag ?? 'latest'}`;
    if (server === undefined) {
      throw new CriFailure(
        'Unknown',
        `${prefix}: failed to do request: Head "${url}": dial tcp: lookup ${reference.host} on 127.0.0.53:53: no such host`,
      );
    }
    const client = createHttpClient(this.#env, this.#registry, {
      protocol: 'cloud',
      connectTimeout: DIAL_TIMEOUT,
      timeout: DIAL_TIMEOUT,
      userAgent: 'containerd/2.1.5',
    });
    try {
      const answer = await this.#resolve(client, url, server, prefix);
      if (answer.status === 401)
        throw new CriFailure(
          'Unknown',
          `${prefix}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
        );
      if (answer.status === 404) throw new CriFailure('NotFound', `${prefix}: ${name}: not found`);
      if (answer.status !== 200)
        throw new CriFailure('Unknown', `${prefix}: unexpected status from HEAD request to ${url}: ${answer.status}`);
      const family = familyOf(reference.host, reference.path);
      const digest = answer.headers['docker-content-digest'] ?? '';
      const entry = family === undefined ? undefined : findRelease(family, { digest });
      if (entry === undefined) throw new CriFailure('NotFound', `${prefix}: ${name}: not found`);
      await this.#fetchLayers(client, server, reference, entry, name);
      this.#record(name, digest);
      return entry.manifest.config.digest;
    } finally {
      client.close();
    }
  }

  async #resolve(
    client: ReturnType<typeof createHttpClient>,
    url: string,
    server: string,
    prefix: string,
  ): Promise<HttpResponse> {
    try {
      return await client.request({
        method: 'HEAD',
        path: url.slice(`https://${server}`.length),
        headers: { host: server },
      });
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
      throw new CriFailure(
        'Unknown',
        `${prefix}: failed to do request: Head "${url}": ${dialError(error, this.#registry)}`,
      );
    }
  }

  async #fetchLayers(
    client: ReturnType<typeof createHttpClient>,
    server: string,
    reference: Reference,
    entry: CatalogueEntry,
    name: string,
  ): Promise<void> {
    const present = new Set(
      this.#records
        .values()
        .flatMap(
          (record) => this.#entryOf(record.name, record.digest)?.manifest.layers.map((layer) => layer.digest) ?? [],
        ),
    );
    const wanted = entry.manifest.layers.filter((layer) => !present.has(layer.digest));
    const finished = this.#env.deferred<void>();
    let next = 0;
    let running = 0;
    let failed = false;
    const start = (): void => {
      if (failed) return;
      if (next >= wanted.length && running === 0) return finished.resolve();
      while (running < PARALLEL_LAYERS && next < wanted.length) {
        const layer = wanted[next++];
        if (layer === undefined) return;
        running++;
        const url = `https://${server}/v2/${reference.path}/blobs/${layer.digest}`;
        client.stream(
          { method: 'GET', path: `/v2/${reference.path}/blobs/${layer.digest}`, headers: { host: server } },
          {
            end: () => {
              running--;
              if (this.#env.disk.full && !failed) {
                failed = true;
                finished.reject(noSpaceFor(name, layer.digest));
              } else start();
            },
            fail: (failure) => {
              failed = true;
              finished.reject(
                new CriFailure(
                  'Unknown',
                  `failed to pull and unpack image "${name}": failed to copy: httpReadSeeker: failed open: failed to do request: Get "${url}": ${dialError(failure, this.#registry)}`,
                ),
              );
            },
          },
        );
      }
    };
    start();
    await finished.promise;
    const bytes = wanted.reduce((sum, layer) => sum + layer.size, 0);
    await this.#env.sleep(Math.floor((bytes * SECOND) / UNPACK_RATE));
  }

  #record(name: string, digest: string): void {
    this.#records.put({ id: fileName(name), name, digest, pulledAt: this.#env.now() });
    this.#env.disk.fsync(() => {});
  }

  #preload(): void {
    for (const family of CATALOGUE.filter((candidate) => candidate.preloaded === true)) {
      for (const release of family.releases) {
        const { digest } = manifestOf(family, release);
        for (const tag of release.tags) this.#record(`${family.repository}:${tag}`, digest);
      }
    }
    this.#env.disk.write(PRELOADED_MARK, '');
    this.#env.disk.fsync(() => {});
  }

  #entryOf(name: string, digest: string): CatalogueEntry | undefined {
    const reference = parseReference(name);
    const family = reference === undefined ? undefined : familyOf(reference.host, reference.path);
    return family === undefined ? undefined : findRelease(family, { digest });
  }
}

const PRELOADED_MARK = '/var/lib/containerd/preloaded';

function sizeOf({ manifest }: CatalogueEntry): number {
  return manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size);
}

function fileName(name: string): string {
  return name.replace(/[^\w.-]/g, '_');
}

function dialError(error: RpcFailure, address: string): string {
  const dial = `dial tcp ${address.replace(/:\d+$/, '')}:443`;
  switch (error.reason) {
    case 'refused':
      return `${dial}: connect: connection refused`;
    case 'unreachable':
      return `${dial}: connect: no route to host`;
    case 'reset':
      return `read tcp ${address}: read: connection reset by peer`;
    default:
      return `${dial}: i/o timeout`;
  }
}

function noSpaceFor(name: string, digest: string): CriFailure {
  const file = `/var/lib/containerd/io.containerd.content.v1.content/ingest/${digest.slice('sha256:'.length)}/data`;
  return new CriFailure(
    'Unknown',
    `failed to pull and unpack image "${name}": failed to copy: write ${file}: no space left on device`,
  );
}
