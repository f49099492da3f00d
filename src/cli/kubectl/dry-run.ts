import type { Context } from './command.ts';
import { CliError } from './errors.ts';
import type { FlagSpec } from './flags.ts';

export type DryRun = 'none' | 'client' | 'server';

export const DRY_RUN_FLAG: FlagSpec = {
  name: 'dry-run',
  type: 'string',
  fallback: 'none',
  bare: 'unchanged',
  usage: 'none, server or client. client: only print the object; server: send it without keeping it.',
};

/** Models cmdutil.GetDryRunStrategy. */
export function dryRunOf(context: Context): DryRun {
  const value = context.flags.has('dry-run') ? context.flags.string('dry-run') : 'none';
  if (value === 'client' || value === 'server' || value === 'none') return value;
  if (value === 'unchanged') {
    context.err('W --dry-run is deprecated and can be replaced with --dry-run=client.\n');
    return 'client';
  }
  if (['true', 'false'].includes(value)) {
    throw new CliError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
  }
  throw new CliError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}

/** `created` and what follows it in a dry run. */
export function operationText(operation: string, dryRun: DryRun): string {
  return dryRun === 'none' ? operation : `${operation} (${dryRun === 'client' ? 'dry run' : 'server dry run'})`;
}

export function dryRunQuery(dryRun: DryRun): string | undefined {
  return dryRun === 'server' ? 'All' : undefined;
}

export const VALIDATE_FLAG: FlagSpec = {
  name: 'validate',
  type: 'string',
  fallback: 'strict',
  bare: 'strict',
  usage: 'strict (or true), warn, ignore (or false): what to do about unknown and duplicate fields.',
};

/** The server's `fieldValidation` parameter. Models cmdutil.GetValidationDirective. */
export function fieldValidationOf(context: Context): 'Strict' | 'Warn' | 'Ignore' {
  const value = context.flags.string('validate');
  if (value === 'strict' || value === 'true') return 'Strict';
  if (value === 'warn') return 'Warn';
  if (value === 'ignore' || value === 'false') return 'Ignore';
  throw new CliError(
    `invalid - validate option ${JSON.stringify(value)}; must be one of: strict (or true), warn, ignore (or false)`,
  );
}
