import type { JsonObject } from '../../lib/json.ts';
import type { Client } from '../../client/client.ts';
import type { Address, Cancel, Deferred, ListenHandlers, Micros } from '../../sim/env.ts';
import type { Handle, HttpServer, HttpServerOptions } from '../../sim/http.ts';

/** All that kubectl touches, so that it runs in a terminal of the page and in a test alike. */
export interface KubectlIo {
  readonly client: Pick<Client, 'raw' | 'rawStream'>;
  /** `https://10.0.0.10:6443`, for texts. */
  readonly server: string;
  stdout(text: string): void;
  stderr(text: string): void;
  readonly stdin: Stdin;
  readonly files: Files;
  /** The kubeconfig file at a path, or the one that is used without --kubeconfig. */
  config(path?: string): KubeConfig;
  /** What kubectl keeps under ~/.kube/cache between commands. */
  readonly cache: Map<string, CacheEntry>;
  now(): Micros;
  sleep(delay: Micros): Promise<void>;
  deferred<T>(): Deferred<T>;
  /** A whole number below the bound, by chance. */
  pick(bound: number): number;
  /** Opens the operator's editor on a text; undefined: left without saving. */
  edit(name: string, text: string): Promise<string | undefined>;
  /** This io for another server or another user; without one, nobody in particular. */
  connect(server: string, identity: Identity | undefined): KubectlIo;
  /** What kubectl itself serves: the near ends of port-forward, and proxy. */
  readonly network: {
    listen(address: Address, handlers: ListenHandlers): Cancel;
    serve(address: Address, handle: Handle, options: HttpServerOptions): HttpServer;
  };
  /** Called on Ctrl-C; what awaits afterwards never comes back. */
  onInterrupt(cancel: () => void): () => void;
}

export interface CacheEntry {
  readonly at: Micros;
  readonly value: unknown;
}

export interface Stdin {
  /** Everything up to the end. */
  readAll(): Promise<string>;
  /** Pieces as they come; `end` once. */
  listen(handlers: { data(text: string): void; end(): void }): () => void;
  readonly isTerminal: boolean;
}

export interface Files {
  read(path: string): string | undefined;
  /** Names of the files directly in a directory; undefined: no such directory. */
  list(directory: string): readonly string[] | undefined;
  write(path: string, text: string): void;
  /** Makes a directory unless it is there. */
  makeDirectory?(path: string): void;
}

/** A kubeconfig: entries by name, with the fields that the file has for them. */
export interface KubeConfigFile {
  readonly currentContext: string;
  readonly clusters: Readonly<Record<string, JsonObject>>;
  readonly contexts: Readonly<Record<string, JsonObject>>;
  readonly users: Readonly<Record<string, JsonObject>>;
}

export interface KubeConfig {
  /** For texts. */
  readonly path: string;
  load(): KubeConfigFile;
  save(file: KubeConfigFile): void;
}

/** What a client certificate says. */
export interface Identity {
  readonly name: string;
  readonly groups: readonly string[];
}
