// Models kubectl/pkg/cmd/certificates.
import { formatTime } from '../../../lib/time.ts';
import type { Command, Context } from '../command.ts';
import { FILE_FLAGS } from '../common-flags.ts';
import { pathTo } from '../discovery.ts';
import { CliError, hasReason } from '../errors.ts';
import { commandHelp } from '../help.ts';
import { list, str, withValue } from '../object.ts';
import { OUTPUT_FLAGS, reporter } from '../output.ts';
import { filesGiven, fileTargets, select } from '../selection.ts';
import type { Target } from '../selection.ts';
import type { Obj } from '../server.ts';

/** Another write may come between reading a request and answering it. */
const ATTEMPTS = 10;

export const certificate: Command = {
  name: 'certificate',
  group: 'Cluster Management Commands',
  short: 'Modify certificate resources',
  usage: 'SUBCOMMAND',
  subcommands: [
    verdict('approve', 'Approve a certificate signing request', 'approved', 'Approved', 'KubectlApprove'),
    verdict('deny', 'Deny a certificate signing request', 'denied', 'Denied', 'KubectlDeny'),
  ],
  run: async (context) => context.out(commandHelp(certificate, context.path)),
};

function verdict(name: string, short: string, done: string, type: string, reason: string): Command {
  const condition = {
    type,
    status: 'True',
    reason,
    message: `This CSR was ${done} by kubectl certificate ${name}.`,
  };
  return {
    name,
    short,
    usage: '(-f FILENAME | NAME)',
    examples: [`kubectl certificate ${name} ann`],
    flags: [
      ...FILE_FLAGS,
      ...OUTPUT_FLAGS,
      { name: 'force', type: 'bool', fallback: 'false', usage: 'Say it again, although it was said before.' },
    ],
    async run(context) {
      const names = context.args;
      if (names.length === 0 && !filesGiven(context))
        throw new CliError('one or more CSRs must be specified as <name> or -f <filename>');
      const targets = [
        ...(filesGiven(context) ? await fileTargets(context) : []),
        ...(names.length === 0 ? [] : await select(context, { args: ['certificatesigningrequests', ...names] })),
      ];
      for (const target of targets) {
        const report = reporter(context, done);
        report.print(await decide(context, target, condition));
        report.flush();
      }
    },
  };
}

async function decide(context: Context, { resource, name }: Target, condition: Obj): Promise<Obj> {
  for (let attempt = 1; ; attempt++) {
    const request = await context.server.json('GET', pathTo(resource, '', name));
    const before = list(request, 'status', 'conditions');
    const has = (type: string): boolean => before.some((each) => str(each, 'type') === type);
    const [type, other] = condition['type'] === 'Approved' ? ['Approved', 'Denied'] : ['Denied', 'Approved'];
    if (has(other)) throw new CliError(`certificate signing request ${JSON.stringify(name)} is already ${other}`);
    if (has(type) && !context.flags.bool('force')) return request;
    const said = { ...condition, lastUpdateTime: formatTime(context.io.now()) };
    const conditions = has(type) ? before : [...before, said];
    const body = withValue(request, ['status', 'conditions'], conditions);
    try {
      return await context.server.json('PUT', pathTo(resource, '', name, 'approval'), { body });
    } catch (error) {
      if (!hasReason(error, 'Conflict') || attempt >= ATTEMPTS) throw error;
    }
  }
}
