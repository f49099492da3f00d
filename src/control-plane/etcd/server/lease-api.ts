// Leases: made and ended by all, kept alive by the leader alone. Models server/etcdserver/v3_server.go (Lease*)
import { certificateHeader } from '../../../api/certificate.ts';
import { EtcdPaths } from '../../../api/etcd.ts';
import type { EtcdError, LeaseGrantRequest, LeaseTimeToLiveResponse } from '../../../api/etcd.ts';
import { isObject } from '../../../lib/json.ts';
import { createHttpClient } from '../../../sim/http-client.ts';
import { RpcFailure } from '../../../sim/http.ts';
import type { HttpClient } from '../../../sim/http.ts';
import { EtcdFailure, etcdFailure } from '../errors.ts';
import { NONE } from '../raft/types.ts';
import type { Call, EtcdServer } from './etcd-server.ts';
import { addressOf } from './options.ts';
import type { Identity } from './tls.ts';

export class LeaseApi {
  private readonly server: EtcdServer;
  private readonly identity: Identity;
  private readonly clients = new Map<string, HttpClient>();

  constructor(server: EtcdServer, identity: Identity) {
    this.server = server;
    this.identity = identity;
  }

  grant({ ttl, id }: LeaseGrantRequest, call: Call): void {
    const wanted = id === undefined || id === '' || id === '0' ? this.server.newLeaseId() : id;
    this.server.propose({ leaseGrant: { id: wanted, ttl } }, 30, call);
  }

  revoke(id: string, call: Call): void {
    this.server.propose({ leaseRevoke: { id } }, 30, call);
  }

  keepAlive(id: string, call: Call): void {
    this.atLeader(EtcdPaths.leaseKeepAlive, { id }, call, () => {
      // A lease that is gone is no error: its time to live is 0.
      return {
        header: this.server.header(),
        id,
        ttl: this.orElse(0, () => this.lessor.renew(id, this.server.env.uptime())),
      };
    });
  }

  timeToLive(id: string, withKeys: boolean, call: Call): void {
    this.atLeader(EtcdPaths.leaseTimeToLive, { id, keys: withKeys }, call, () => {
      const gone = { ttl: -1, grantedTtl: 0, keys: [] };
      const { keys, ...times } = this.orElse(gone, () => this.lessor.timeToLive(id, this.server.env.uptime()));
      const response: LeaseTimeToLiveResponse = {
        header: this.server.header(),
        id,
        ...times,
        keys: withKeys ? keys : [],
      };
      return response;
    });
  }

  list(call: Call): void {
    this.server.linearizable(call, () => {
      call.respond({ header: this.server.header(), leases: this.lessor.list().map((id) => ({ id })) });
    });
  }

  private get lessor(): EtcdServer['keyspace']['lessor'] {
    return this.server.keyspace.lessor;
  }

  private orElse<T>(missing: T, perform: () => T): T {
    try {
      return perform();
    } catch (error) {
      if (error instanceof EtcdFailure && error.message === etcdFailure('leaseNotFound').message) return missing;
      throw error;
    }
  }

  /** Here if this member leads, else by asking the one that does. */
  private atLeader(path: string, body: object, call: Call, perform: () => object): void {
    const { server } = this;
    if (server.raft.isLeader) {
      // It must really lead: another one may have revoked the lease by now.
      server.linearizable(call, () => this.answer(call, perform));
      return;
    }
    this.askLeader(path, body, call);
  }

  askLeader(path: string, body: object, call: Call): void {
    const { server } = this;
    const { lead } = server.raft;
    const url = server.membership.get(lead)?.clientUrls[0];
    if (lead === NONE || url === undefined) return call.fail(etcdFailure('noLeader'));
    this.forward(url, path, body, call);
  }

  private answer(call: Call, perform: () => object): void {
    try {
      call.respond(perform());
    } catch (error) {
      if (!(error instanceof EtcdFailure)) throw error;
      call.fail(error);
    }
  }

  private forward(url: string, path: string, body: object, call: Call): void {
    const { env, requestTimeout } = this.server;
    env.spawn(async () => {
      try {
        const client = this.clientOf(url);
        const response = await client.request(
          { method: 'POST', path, body: JSON.stringify(body) },
          { timeout: requestTimeout },
        );
        if (response.status === 200) call.respond(decodeObject(response.body));
        else call.fail(new EtcdFailure(decodeError(response.body)));
      } catch (error) {
        if (!(error instanceof RpcFailure)) throw error;
        call.fail(etcdFailure('timeout'));
      }
    });
  }

  private clientOf(url: string): HttpClient {
    const known = this.clients.get(url);
    if (known !== undefined) return known;
    const client = createHttpClient(this.server.env, addressOf(url), {
      protocol: 'raft',
      userAgent: 'etcd',
      headers: certificateHeader(this.identity.certificate),
    });
    this.clients.set(url, client);
    return client;
  }
}

/** Another member's answer. */
function decodeObject(text: string): object {
  return JSON.parse(text) as object;
}

function decodeError(text: string): EtcdError {
  const value: unknown = JSON.parse(text);
  return isObject(value)
    ? { code: String(value['code']), message: String(value['message']) }
    : { code: 'Unknown', message: text };
}
