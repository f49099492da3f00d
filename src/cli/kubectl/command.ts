import type { FlagSpec, ParsedFlags } from './flags.ts';
import type { KubectlIo } from './io.ts';
import type { Server } from './server.ts';

/** A verb of kubectl: one object literal in commands/<verb>.ts, listed in commands/index.ts. */
export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly group?: CommandGroup;
  readonly short: string;
  /** What follows the command's path in `Usage:`. */
  readonly usage: string;
  readonly examples?: readonly string[];
  readonly flags?: readonly FlagSpec[];
  readonly subcommands?: readonly Command[];
  /** Not in the list of verbs. */
  readonly hidden?: boolean;
  /** The exit code of what goes wrong; absent: 1. Mistakes in flags are told as those in arguments then. */
  readonly failure?: number;
  /** Absent: prints its help. */
  run?(context: Context): Promise<void>;
}

export type CommandGroup =
  | 'Basic Commands (Beginner)'
  | 'Basic Commands (Intermediate)'
  | 'Deploy Commands'
  | 'Cluster Management Commands'
  | 'Troubleshooting and Debugging Commands'
  | 'Advanced Commands'
  | 'Settings Commands'
  | 'Other Commands';

export interface Context {
  readonly io: KubectlIo;
  readonly flags: ParsedFlags;
  readonly args: readonly string[];
  /** `kubectl create deployment`. */
  readonly path: string;
  readonly server: Server;
  /** From `-n`, else of the current context, else `default`. */
  readonly namespace: string;
  /** `-n` was given. */
  readonly namespaceGiven: boolean;
  readonly allNamespaces: boolean;
  out(text: string): void;
  err(text: string): void;
}
