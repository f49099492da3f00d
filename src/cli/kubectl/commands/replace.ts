import type { Command, Context } from '../command.ts';
import { fieldManagerFlag, FILE_FLAGS } from '../common-flags.ts';
import { kindPrefix, pathTo } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, fieldValidationOf, operationText, VALIDATE_FLAG } from '../dry-run.ts';
import { addSource, AggregateCliError, asError, CliError, hasReason, usageError } from '../errors.ts';
import { withLastApplied } from '../apply-object.ts';
import { sendRaw } from '../raw.ts';
import { OUTPUT_FLAGS, reporter } from '../output.ts';
import { filesGiven, fileTargets, throwAll } from '../selection.ts';
import type { Target } from '../selection.ts';
import type { Obj } from '../server.ts';
import { FOREVER, uidOf, waitFor } from '../wait-for.ts';
import { goQuote } from '../../text/go-quote.ts';

export const replace: Command = {
  name: 'replace',
  group: 'Advanced Commands',
  short: 'Replace a resource by file name or stdin',
  usage: '-f FILENAME',
  examples: ['kubectl replace -f ./web.yaml', 'kubectl replace --force -f ./web.yaml'],
  flags: [
    ...FILE_FLAGS,
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    VALIDATE_FLAG,
    fieldManagerFlag('kubectl-replace'),
    { name: 'force', type: 'bool', fallback: 'false', usage: 'Delete and create anew.' },
    { name: 'grace-period', type: 'int', fallback: '-1', usage: 'Seconds that a deleted object is given.' },
    { name: 'timeout', type: 'duration', fallback: '0s', usage: 'How long to wait for a deletion.' },
    {
      name: 'save-config',
      type: 'bool',
      fallback: 'false',
      usage: 'Record the object in its annotation, for a later apply.',
    },
    {
      name: 'cascade',
      type: 'string',
      fallback: 'background',
      bare: 'background',
      usage: 'What becomes of what a deleted object owns.',
    },
    { name: 'raw', type: 'string', usage: 'Path to PUT the file to as it is.' },
    { name: 'wait', type: 'bool', fallback: 'false', usage: 'Wait until a deleted object is gone.' },
    { name: 'subresource', type: 'string', usage: 'Sub-resource to replace: status or scale.' },
  ],
  run: runReplace,
};

async function runReplace(context: Context): Promise<void> {
  if (context.args.length > 0) throw usageError(context.path, `Unexpected args: [${context.args.join(' ')}]`);
  if (!filesGiven(context)) throw new CliError('must specify one of -f and -k');
  if (context.flags.string('raw') !== '') return sendRaw(context, 'PUT');
  const force = context.flags.bool('force');
  if (!force && context.flags.int('grace-period') >= 0)
    throw new CliError('--grace-period must have --force specified');
  const dryRun = dryRunOf(context);
  const [errors, faults]: [Error[], Error[]] = [[], []];
  const targets = await fileTargets(context, faults);
  if (targets.length === 0 && faults.length === 0) throw new CliError('no objects passed to replace');
  // What is to be made anew goes first, all of it; then nothing is made where something could not be read.
  if (force) for (const target of targets) await removeFirst(context, target);
  if (force && faults.length > 0) throw new AggregateCliError(faults);
  for (const target of targets) {
    const report = reporter(context, operationText('replaced', dryRun));
    try {
      report.print(await send(context, target, force ? 'POST' : 'PUT'));
      report.flush();
    } catch (error) {
      errors.push(addSource('replacing', target.source, asError(error)));
    }
  }
  throwAll([...errors, ...faults]);
}

async function send(context: Context, target: Target, method: 'PUT' | 'POST'): Promise<Obj> {
  const object = context.flags.bool('save-config') ? withLastApplied(target.object ?? {}) : (target.object ?? {});
  const dryRun = dryRunOf(context);
  if (dryRun === 'client') return object;
  const query = {
    dryRun: dryRunQuery(dryRun),
    fieldManager: context.flags.string('field-manager'),
    fieldValidation: fieldValidationOf(context),
  };
  const path = pathTo(
    target.resource,
    target.namespace,
    method === 'PUT' ? target.name : '',
    method === 'PUT' ? context.flags.string('subresource') : '',
  );
  return context.server.json(method, path, { query, body: object });
}

const POLICIES: Readonly<Record<string, string>> = {
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
};

async function removeFirst(context: Context, target: Target): Promise<void> {
  const grace = Math.max(context.flags.int('grace-period'), 0);
  const body = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: POLICIES[context.flags.string('cascade')] ?? 'Background',
    gracePeriodSeconds: grace,
  };
  let uid: string;
  try {
    const gone = await context.server.json('DELETE', pathTo(target.resource, target.namespace, target.name), { body });
    uid = uidOf(gone);
  } catch (error) {
    if (hasReason(error, 'NotFound')) return;
    throw error;
  }
  context.out(
    `${kindPrefix(target.resource)} ${goQuote(target.name)} deleted${target.resource.namespaced ? ` from ${target.namespace} namespace` : ''}\n`,
  );
  const timeout = context.flags.duration('timeout') === 0 ? FOREVER : context.flags.duration('timeout');
  await waitFor(context, target, timeout, (live) =>
    live === undefined || (uid !== '' && uidOf(live) !== uid) ? 'met' : 'not yet',
  );
}
