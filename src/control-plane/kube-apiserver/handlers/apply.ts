// Server-side apply. Models apiserver/pkg/endpoints/handlers/patch.go: applyPatcher.
import type { FieldValidation } from '../../../api/decode-request.ts';
import type { Kind } from '../../../api/kind.ts';
import type { KubeObject } from '../../../api/types.gen.ts';
import type { RequestContext } from '../context.ts';
import type { ServedResource, Server } from '../server.ts';
import type { WriteOptions } from '../request-options.ts';
import type { AppliedObject } from '../../../api/managed-fields/managers.ts';
import { parseDocument } from 'yaml';
import { decode, DecodeError } from '../../../api/decode.ts';
import { applyConfiguration } from '../../../api/managed-fields/managers.ts';
import { apiVersionOf, keyOf } from '../../../api/scheme.ts';
import { asYamlError, repeatedYamlKeys } from '../../../api/strict.ts';
import { badRequest, isAlreadyExists, isNotFound, notFound, plainError } from '../../../api/status.ts';
import { withDefaults } from '../../../api/strategy/index.ts';
import { isObject } from '../../../lib/json.ts';
import { formatTime } from '../../../lib/time.ts';
import { writeOptions } from '../request-options.ts';
import { withMetadata } from '../storage/objects.ts';
import { createObject, inNamespace } from './create.ts';
import { respondForm } from './read.ts';
import { checkName, updateObject } from './update.ts';

const APPLY_PATCH = 'application/apply-patch+yaml';

export async function handleApply(server: Server, ctx: RequestContext, resource: ServedResource): Promise<void> {
  const options = writeOptions('PatchOptions', ctx.query, APPLY_PATCH);
  const config = parseConfiguration(ctx, options.fieldValidation);
  const { object, created } = await new Application(server, ctx, resource, options, config).run();
  respondForm(server, ctx, resource, created ? 201 : 200, resource.toServed(object));
}

type Configuration = Readonly<Record<string, unknown>>;

function parseConfiguration(ctx: RequestContext, validation: FieldValidation): Configuration {
  const { body } = ctx.exchange.request;
  const document = parseDocument(body, { version: '1.1', logLevel: 'silent', uniqueKeys: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw badRequest(
      `error decoding YAML: error converting YAML to JSON: yaml: ${problem.message.split('\n')[0] ?? ''}`,
    );
  }
  const value: unknown = document.toJS();
  if (!isObject(value)) throw badRequest('error decoding YAML: error unmarshaling JSON: not an object');
  if (validation === 'Ignore') return value;
  const repeated = repeatedYamlKeys(body);
  if (repeated.length > 0 && validation === 'Strict')
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${asYamlError(repeated)}`);
  ctx.warnings.push(...repeated);
  return value;
}

/** One request: tried as an update when the object is there, as a creation when it is not. */
class Application {
  readonly #server: Server;
  readonly #ctx: RequestContext;
  readonly #resource: ServedResource;
  readonly #options: WriteOptions;
  readonly #config: Configuration;

  constructor(
    server: Server,
    ctx: RequestContext,
    resource: ServedResource,
    options: WriteOptions,
    config: Configuration,
  ) {
    this.#server = server;
    this.#ctx = ctx;
    this.#resource = resource;
    this.#options = options;
    this.#config = config;
  }

  async run(): Promise<{ readonly object: KubeObject; readonly created: boolean }> {
    const { namespace, name, subresource } = this.#ctx.info;
    const key = keyOf(this.#resource.kind, namespace, name);
    for (;;) {
      const known = this.#resource.cache.get(key) ?? (await this.#server.store.get(key));
      try {
        if (known !== undefined) return { object: await this.#update(), created: false };
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      if (subresource !== '') throw notFound(this.#resource.kind, name);
      try {
        return { object: await this.#create(), created: true };
      } catch (error) {
        if (!isAlreadyExists(error) || this.#options.dryRun) throw error;
      }
    }
  }

  async #update(): Promise<KubeObject> {
    const { namespace, name, subresource } = this.#ctx.info;
    const { kind } = this.#resource;
    const outcome = await updateObject(this.#server, this.#ctx, this.#resource, {
      namespace,
      name,
      subresource,
      dryRun: this.#options.dryRun,
      mayCreate: false,
      tracked: true,
      transform: (current) => {
        if (current === undefined) throw notFound(kind, name);
        const { object, entries } = this.#apply(current);
        const next = object === undefined ? current : withDefaults(kind, this.#read(object));
        if (object === undefined && entries === current.metadata.managedFields) return current;
        return withMetadata(next, { managedFields: entries });
      },
    });
    return outcome.object;
  }

  async #create(): Promise<KubeObject> {
    const { object, entries } = this.#apply(undefined);
    const applied = this.#read(object ?? {});
    return createObject(this.#server, this.#ctx, this.#resource, applied, this.#options.dryRun, entries);
  }

  #apply(live: KubeObject | undefined): AppliedObject {
    const { manager, info } = this.#ctx;
    const now = formatTime(this.#server.env.now());
    const writer = { manager, subresource: info.subresource, now };
    return applyConfiguration(this.#resource.kind, live, this.#config, writer, this.#options.force);
  }

  #read(object: Readonly<Record<string, unknown>>): KubeObject {
    const { kind } = this.#resource;
    const { namespace, name } = this.#ctx.info;
    const decoded = readObject(kind, object);
    const placed = inNamespace(this.#resource, namespace, decoded);
    const named = (placed.metadata.name ?? '') === '' ? withMetadata(placed, { name }) : placed;
    checkName(named, name);
    return named;
  }
}

function readObject(kind: Kind, object: Readonly<Record<string, unknown>>): KubeObject {
  try {
    const { value } = decode(kind.type, object);
    return { metadata: {}, ...value, kind: kind.kind, apiVersion: apiVersionOf(kind) } as unknown as KubeObject;
  } catch (error) {
    if (error instanceof DecodeError)
      throw plainError(`failed to convert merged object to last applied version: ${error.message}`);
    throw error;
  }
}
