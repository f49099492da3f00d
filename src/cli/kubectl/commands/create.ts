import type { Command, Context } from '../command.ts';
import { fieldManagerFlag, FILE_FLAGS, SELECTOR_FLAG } from '../common-flags.ts';
import { pathTo } from '../discovery.ts';
import { DRY_RUN_FLAG, dryRunOf, dryRunQuery, fieldValidationOf, operationText, VALIDATE_FLAG } from '../dry-run.ts';
import { editingNewObjects, editSession } from '../editor.ts';
import { sendRaw } from '../raw.ts';
import { addSource, asError, CliError, usageError } from '../errors.ts';
import { withLastApplied } from '../apply-object.ts';
import { OUTPUT_FLAGS, reporter } from '../output.ts';
import { filesGiven, fileTargets, throwAll } from '../selection.ts';
import { createConfigMap } from './create/config-map.ts';
import { createDeployment } from './create/deployment.ts';
import { createIngress } from './create/ingress.ts';
import { createCronJob, createJob } from './create/job.ts';
import { createPodDisruptionBudget } from './create/pod-disruption-budget.ts';
import { createQuota } from './create/quota.ts';
import { createClusterRole, createRole } from './create/role.ts';
import { createClusterRoleBinding, createRoleBinding } from './create/role-binding.ts';
import { createToken } from './create/token.ts';
import { createNamespace, createPriorityClass, createServiceAccount } from './create/simple.ts';
import { createSecret } from './create/secret.ts';
import { createService } from './create/service.ts';

export const create: Command = {
  name: 'create',
  group: 'Basic Commands (Beginner)',
  short: 'Create a resource from a file or from stdin',
  usage: '-f FILENAME',
  examples: [
    'kubectl create -f ./web.yaml',
    'cat web.yaml | kubectl create -f -',
    'kubectl create deployment web --image=nginx',
  ],
  flags: [
    ...FILE_FLAGS,
    ...OUTPUT_FLAGS,
    SELECTOR_FLAG,
    DRY_RUN_FLAG,
    VALIDATE_FLAG,
    fieldManagerFlag('kubectl-create'),
    {
      name: 'save-config',
      type: 'bool',
      fallback: 'false',
      usage: 'Record the object in its annotation, for a later apply.',
    },
    { name: 'edit', type: 'bool', fallback: 'false', usage: 'Edit the object before it is created.' },
    {
      name: 'windows-line-endings',
      type: 'bool',
      fallback: 'false',
      usage: 'End lines of the edited text as Windows does.',
    },
    { name: 'raw', type: 'string', usage: 'Path to POST the file to as it is.' },
  ],
  subcommands: [
    createClusterRole,
    createClusterRoleBinding,
    createConfigMap,
    createCronJob,
    createDeployment,
    createIngress,
    createJob,
    createNamespace,
    createPodDisruptionBudget,
    createPriorityClass,
    createQuota,
    createRole,
    createRoleBinding,
    createSecret,
    createService,
    createServiceAccount,
    createToken,
  ],
  run: runCreate,
};

async function runCreate(context: Context): Promise<void> {
  if (context.args.length > 0) throw usageError(context.path, `Unexpected args: [${context.args.join(' ')}]`);
  if (!filesGiven(context)) throw new CliError('must specify one of -f and -k');
  if (context.flags.string('raw') !== '') return sendRaw(context, 'POST');
  const fieldValidation = fieldValidationOf(context);
  const dryRun = dryRunOf(context);
  const [errors, faults]: [Error[], Error[]] = [[], []];
  const targets = await fileTargets(context, faults);
  if (targets.length === 0 && faults.length === 0) throw new CliError('no objects passed to create');
  if (context.flags.bool('edit')) {
    for (const target of targets)
      await editSession(context, [{ object: target.object ?? {}, target }], editingNewObjects(context));
    return throwAll(faults);
  }
  const report = reporter(context, operationText('created', dryRun));
  for (const target of targets) {
    try {
      const object = context.flags.bool('save-config') ? withLastApplied(target.object ?? {}) : (target.object ?? {});
      if (dryRun === 'client') {
        report.print(object);
        continue;
      }
      const query = {
        dryRun: dryRunQuery(dryRun),
        fieldManager: context.flags.string('field-manager'),
        fieldValidation,
      };
      report.print(
        await context.server.json('POST', pathTo(target.resource, target.namespace), { query, body: object }),
      );
    } catch (error) {
      errors.push(addSource('creating', target.source, asError(error)));
    }
  }
  report.flush();
  throwAll([...errors, ...faults]);
}
