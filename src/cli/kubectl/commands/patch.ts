import { applyJsonPatch } from '../../../api/patch/json-patch.ts';
import { applyMergePatch } from '../../../api/patch/merge-patch.ts';
import { applyStrategicPatch } from '../../../api/patch/strategic.ts';
import { hasType } from '../../../api/schema.ts';
import { deepEqual } from '../../../lib/json.ts';
import type { Command, Context } from '../command.ts';
import { FILE_FLAGS, fieldManagerFlag } from '../common-flags.ts';
import { pathTo } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery } from '../dry-run.ts';
import { CliError } from '../errors.ts';
import { OUTPUT_FLAGS, reporter } from '../output.ts';
import { fileTargets, select, visit } from '../selection.ts';
import type { Target } from '../selection.ts';
import type { Obj } from '../server.ts';
import { parseYaml, YamlError } from '../../text/yaml-parse.ts';
import { goQuote } from '../../text/go-quote.ts';

const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

export const patch: Command = {
  name: 'patch',
  group: 'Advanced Commands',
  short: 'Update fields of a resource',
  usage: '(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]',
  examples: [
    `kubectl patch node worker-1 -p '{"spec":{"unschedulable":true}}'`,
    `kubectl patch deploy web --type=json -p='[{"op":"replace","path":"/spec/replicas","value":3}]'`,
  ],
  flags: [
    ...FILE_FLAGS,
    ...OUTPUT_FLAGS,
    DRY_RUN_FLAG,
    fieldManagerFlag('kubectl-patch'),
    { name: 'patch', short: 'p', type: 'string', usage: 'The patch, in JSON or YAML.' },
    { name: 'patch-file', type: 'string', usage: 'A file with the patch.' },
    { name: 'local', type: 'bool', fallback: 'false', usage: 'Patch the given manifest only, without a server.' },
    { name: 'type', type: 'string', fallback: 'strategic', usage: 'json, merge or strategic.' },
    { name: 'subresource', type: 'string', usage: 'Sub-resource to patch: status or scale.' },
  ],
  run: runPatch,
};

async function runPatch(context: Context): Promise<void> {
  const type = context.flags.string('type').toLowerCase();
  const contentType = TYPES[type];
  if (contentType === undefined)
    throw new CliError(`--type must be one of [json merge strategic], not ${goQuote(context.flags.string('type'))}`);
  const body = patchText(context);
  const dryRun = dryRunOf(context);
  const local = context.flags.bool('local');
  if (local && context.args.length > 0) throw new CliError('cannot specify --local and server resources');
  const print = (patched: Obj, operation: string): void => {
    const report = reporter(context, operation);
    report.print(patched);
    report.flush();
  };
  const inPlace = async (object: Obj, { resource }: Target): Promise<void> => {
    const patched = patchedLocally(object, body, type, resource.kind);
    print(patched, deepEqual(object, patched) ? 'patched (no change)' : 'patched');
  };
  if (local) {
    for (const target of await fileTargets(context)) await inPlace(target.given ?? {}, target);
    return;
  }
  const options = { files: true, asGiven: true };
  await visit(context, await select(context, options), options, async (object, target) => {
    if (dryRun === 'client') return inPlace(object, target);
    const query = { dryRun: dryRunQuery(dryRun), fieldManager: context.flags.string('field-manager') };
    const path = pathTo(target.resource, target.namespace, target.name, context.flags.string('subresource'));
    const patched = await context.server.json('PATCH', path, { query, body, contentType });
    print(patched, deepEqual(object, patched) ? 'patched (no change)' : 'patched');
  });
}

function patchedLocally(object: Obj, body: string, type: string, kind: string): Obj {
  const patch: unknown = JSON.parse(body);
  if (type === 'json') return applyJsonPatch(object, patch) as Obj;
  if (type === 'merge' || !hasType(kind)) return applyMergePatch(object, patch) as Obj;
  return applyStrategicPatch(object, patch as Obj, kind) as Obj;
}

/** JSON goes as it was typed, so that the server judges it; YAML is turned into JSON. */
function patchText(context: Context): string {
  const file = context.flags.string('patch-file');
  const given = context.flags.string('patch');
  if (file === '' && given === '')
    throw new CliError('must specify --patch or --patch-file containing the contents of the patch');
  if (file !== '' && given !== '') throw new CliError('cannot specify --patch and --patch-file together');
  const text = file === '' ? given : context.io.files.read(file);
  if (text === undefined) throw new CliError(`unable to read patch file: open ${file}: no such file or directory`);
  if (/^\s*[{[]/.test(text)) return text;
  try {
    return JSON.stringify(parseYaml(text));
  } catch (error) {
    if (error instanceof YamlError) throw new CliError(`unable to parse ${goQuote(text)}: ${error.message}`);
    throw error;
  }
}
