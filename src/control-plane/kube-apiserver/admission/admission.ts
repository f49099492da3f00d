import type { Kind } from '../../../api/kind.ts';
import type { KubeObject } from '../../../api/types.gen.ts';
import type { User } from '../auth.ts';
import type { Server } from '../server.ts';

export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly kind: Kind;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: User;
  readonly dryRun: boolean;
}

/** One admission plugin = one file. Both may be asked again when a write is retried. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Returns the object to go on with. Throws ApiError to reject. */
  admit?(
    server: Server,
    attributes: AdmissionAttributes,
    object: KubeObject,
    old: KubeObject | undefined,
  ): Promise<KubeObject> | KubeObject;
  validate?(
    server: Server,
    attributes: AdmissionAttributes,
    object: KubeObject | undefined,
    old: KubeObject | undefined,
  ): Promise<void> | void;
}

/** The mutating phase. */
export async function admit(
  server: Server,
  attributes: AdmissionAttributes,
  object: KubeObject,
  old?: KubeObject,
): Promise<KubeObject> {
  let current = object;
  for (const plugin of server.admission) {
    if (plugin.admit === undefined) continue;
    const outcome = plugin.admit(server, attributes, current, old);
    current = outcome instanceof Promise ? await outcome : outcome;
  }
  return current;
}

/** The validating phase. */
export async function checkAdmission(
  server: Server,
  attributes: AdmissionAttributes,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): Promise<void> {
  for (const plugin of server.admission) {
    const outcome = plugin.validate?.(server, attributes, object, old);
    if (outcome instanceof Promise) await outcome;
  }
}
