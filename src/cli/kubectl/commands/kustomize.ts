import type { Command } from '../command.ts';
import { CliError } from '../errors.ts';
import { buildKustomization } from '../kustomize/build.ts';
import { emitYaml } from '../../text/yaml-emit.ts';

/** Models kustomize/kubectl.go: without plugins, helm and containers. */
export const kustomize: Command = {
  name: 'kustomize',
  group: 'Advanced Commands',
  short: 'Build a kustomization target from a directory or URL',
  usage: 'DIR [flags]',
  flags: [
    { name: 'output', short: 'o', type: 'string', usage: 'File, or directory, to write to.' },
    {
      name: 'load-restrictor',
      type: 'string',
      fallback: 'LoadRestrictionsRootOnly',
      usage: 'LoadRestrictionsNone: files may be outside of the directory.',
    },
    { name: 'enable-helm', type: 'bool', fallback: 'false', usage: 'Inflate charts.' },
    { name: 'helm-command', type: 'string', fallback: 'helm', usage: 'The program for that.' },
    { name: 'helm-api-versions', type: 'array', usage: 'API versions that charts see.' },
    { name: 'helm-kube-version', type: 'string', usage: 'Version of Kubernetes that charts see.' },
    { name: 'helm-debug', type: 'bool', fallback: 'false', usage: 'More of what helm says.' },
    { name: 'enable-alpha-plugins', type: 'bool', fallback: 'false', usage: 'Run plugins.' },
    { name: 'network', type: 'bool', fallback: 'false', usage: 'Let functions use the network.' },
    { name: 'network-name', type: 'string', fallback: 'bridge', usage: 'The network that they use.' },
    { name: 'mount', type: 'array', usage: 'Storage for functions.' },
    { name: 'env', short: 'e', type: 'array', usage: 'Environment of functions.' },
    { name: 'as-current-user', type: 'bool', fallback: 'false', usage: 'Run functions as oneself.' },
  ],
  async run(context) {
    const [directory = '.', ...more] = context.args;
    if (more.length > 0) throw new CliError('specify one path to kustomization.yaml');
    const restricted = context.flags.string('load-restrictor') !== 'LoadRestrictionsNone';
    const text = buildKustomization(context.io, directory, restricted).map(emitYaml).join('---\n');
    const output = context.flags.string('output');
    if (output === '') context.out(text);
    else context.io.files.write(output, text);
  },
};
