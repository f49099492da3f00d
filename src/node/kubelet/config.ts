import type { Taint } from '../../api/types.gen.ts';
import { Ports } from '../../api/ports.ts';
import { argvOf, parseFlags } from '../../lib/flags.ts';
import type { Env } from '../../sim/env.ts';

/** Command-line flags, named as upstream's, in `args.argv`. */
export interface KubeletConfig {
  readonly nodeName: string;
  readonly nodeIp: string;
  /** `--api-servers`: tried in turn. */
  readonly servers: readonly string[];
  readonly manifestPath: string;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly capacity: {
    readonly cpu: string;
    readonly memory: string;
    readonly pods: string;
    readonly ephemeralStorage: string;
  };
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly registerNode: boolean;
}

export function parseConfig(env: Env): KubeletConfig {
  const flags = parseFlags(argvOf(env.args));
  return {
    nodeName: flags.get('hostname-override') ?? flags.get('node-name') ?? env.host,
    nodeIp: flags.get('node-ip') ?? env.ip,
    servers: flags.list('api-servers').length > 0 ? flags.list('api-servers') : [`10.0.0.10:${Ports.apiserver}`],
    manifestPath: flags.get('pod-manifest-path') ?? '/etc/kubernetes/manifests',
    nodeLabels: Object.fromEntries(flags.list('node-labels').map((pair) => splitOnce(pair, '='))),
    taints: flags.list('register-with-taints').map(parseTaint),
    capacity: {
      cpu: flags.get('capacity-cpu') ?? '4',
      memory: flags.get('capacity-memory') ?? '8148988Ki',
      pods: flags.get('max-pods') ?? '110',
      ephemeralStorage: flags.get('capacity-ephemeral-storage') ?? '102350448Ki',
    },
    clusterDns: flags.list('cluster-dns').length > 0 ? flags.list('cluster-dns') : ['10.96.0.10'],
    clusterDomain: flags.get('cluster-domain') ?? 'cluster.local',
    registerNode: flags.bool('register-node', true),
  };
}

/** `key=value:Effect` or `key:Effect`. */
function parseTaint(text: string): Taint {
  const [head, effect] = splitOnce(text, ':');
  const [key, value] = splitOnce(head, '=');
  return { key, ...(value === '' ? {} : { value }), effect };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
