import { diffPatch, isEmptyPatch } from '../apply-object.ts';
import { formatMicroTime } from '../../../lib/time.ts';
import type { Command, Context } from '../command.ts';
import { fieldManagerFlag, FILE_FLAGS } from '../common-flags.ts';
import { pathTo } from '../discovery.ts';
import { CliError, ExitError, hasReason } from '../errors.ts';
import { withoutManagedFields } from '../object.ts';
import { fileTargets } from '../selection.ts';
import type { Target } from '../selection.ts';
import type { Obj } from '../server.ts';
import { emitYaml } from '../../text/yaml-emit.ts';
import { unifiedDiff } from '../../text/unified-diff.ts';

export const diff: Command = {
  name: 'diff',
  group: 'Advanced Commands',
  short: 'Diff the live version against a would-be applied version',
  usage: '-f FILENAME',
  examples: ['kubectl diff -f ./web.yaml'],
  flags: [
    ...FILE_FLAGS,
    fieldManagerFlag('kubectl-client-side-apply'),
    { name: 'server-side', type: 'bool', fallback: 'false', usage: 'Let the server merge, by field ownership.' },
  ],
  async run(context) {
    await differences(context).catch((error: unknown) => {
      // 1 says that there are differences, whatever else went wrong is more.
      throw error instanceof CliError ? new CliError(error.message, 2) : error;
    });
  },
};

async function differences(context: Context): Promise<void> {
  if (context.flags.list('filename').length === 0) throw new CliError('must specify one of -f and -k');
  // Upstream writes both to folders of their own, named at random, and calls diff, which tells when they were written.
  const now = context.io.now();
  const mark = now % 0xffffffff;
  const written = `${formatMicroTime(now).replace('T', ' ').replace('Z', '000')} +0000`;
  let differs = false;
  for (const target of await fileTargets(context, context.flags.list('filename'))) {
    const [live, merged] = await versions(context, target);
    const [from, to] = [live === undefined ? '' : emitYaml(live), emitYaml(merged)];
    if (from === to) continue;
    differs = true;
    const file = [target.resource.group, target.resource.version, target.resource.kind, target.namespace, target.name]
      .filter((part) => part !== '')
      .join('.');
    const [before, after] = [`/tmp/LIVE-${mark}/${file}`, `/tmp/MERGED-${mark + 1}/${file}`];
    context.out(
      `diff -u -N ${before} ${after}\n${unifiedDiff(`${before}\t${written}`, `${after}\t${written}`, from, to)}`,
    );
  }
  if (differs) throw new ExitError(1);
}

/** What is live, and what the server would make of an apply. */
async function versions(context: Context, target: Target): Promise<[Obj | undefined, Obj]> {
  const path = pathTo(target.resource, target.namespace, target.name);
  const query = { dryRun: 'All', fieldManager: context.flags.string('field-manager') };
  try {
    const live = await context.server.json('GET', path);
    const { patch, contentType } = diffPatch(target.resource, target.object ?? {}, live);
    const merged = isEmptyPatch(patch)
      ? live
      : await context.server.json('PATCH', path, { query, body: patch, contentType });
    return [withoutManagedFields(live), withoutManagedFields(merged)];
  } catch (error) {
    if (!hasReason(error, 'NotFound')) throw error;
    return [
      undefined,
      withoutManagedFields(
        await context.server.json('POST', pathTo(target.resource, target.namespace), {
          query,
          body: target.object ?? {},
        }),
      ),
    ];
  }
}
