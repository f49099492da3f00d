import type { Command, Context } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { Obj } from '../../server.ts';
import { createGenerated, generatorFlags, oneName } from '../../generate.ts';

const RULE = /^(?<host>[\w*\-.]*)(?<path>\/[^,=\n]*)=(?<backend>[\w-]+:[\w-]+)(?<tls>,tls=?(?<secret>[\w-]+)?)?$/;

interface Rule {
  readonly host: string;
  readonly path: string;
  readonly backend: string;
  /** Undefined: without TLS; '': with the default certificate. */
  readonly secret: string | undefined;
}

export const createIngress: Command = {
  name: 'ingress',
  aliases: ['ing'],
  short: 'Create an ingress with the specified name',
  usage: 'NAME --rule=host/path=service:port[,tls[=secret]] ',
  examples: ['kubectl create ingress web --rule="web.example.com/*=web:80,tls=web-cert"'],
  flags: [
    ...generatorFlags('kubectl-create'),
    { name: 'class', type: 'string', usage: 'Class of the ingress.' },
    {
      name: 'rule',
      type: 'array',
      usage: 'host/path=service:port[,tls[=secret]]; a path that ends with * is a prefix.',
    },
    { name: 'default-backend', type: 'string', usage: 'Where all else goes: service:port.' },
    { name: 'annotation', type: 'array', usage: 'Annotation of the ingress: key=value.' },
  ],
  async run(context) {
    const name = oneName(context);
    const rules = rulesOf(context);
    const annotations = annotationsOf(context);
    const fallback = context.flags.string('default-backend');
    if (fallback !== '' && fallback.split(':').length !== 2)
      throw new CliError('default-backend should be in format servicename:serviceport');
    const ingressClass = context.flags.string('class');
    const [tls, paths] = [tlsOf(rules), pathsOf(rules)];
    const object = {
      kind: 'Ingress',
      apiVersion: 'networking.k8s.io/v1',
      metadata: { name, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
      spec: {
        ...(ingressClass === '' ? {} : { ingressClassName: ingressClass }),
        ...(fallback === '' ? {} : { defaultBackend: backendOf(fallback) }),
        ...(tls.length === 0 ? {} : { tls }),
        ...(paths.length === 0 ? {} : { rules: paths }),
      },
      status: { loadBalancer: {} },
    };
    await createGenerated(context, object, 'ingress');
  },
};

function rulesOf(context: Context): Rule[] {
  const rules = context.flags.list('rule');
  if (rules.length === 0 && context.flags.string('default-backend') === '')
    throw new CliError(
      'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)',
    );
  return rules.map((text) => {
    const groups = RULE.exec(text)?.groups;
    if (groups === undefined)
      throw new CliError(`rule ${text} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`);
    const { host = '', path = '', backend = '', tls, secret = '' } = groups;
    return { host, path, backend, secret: tls === undefined ? undefined : secret };
  });
}

function annotationsOf(context: Context): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const text of context.flags.list('annotation')) {
    const equals = text.indexOf('=');
    if (equals < 0) throw new CliError(`annotation ${text} is invalid and should be in format key=[value]`);
    annotations[text.slice(0, equals)] = text.slice(equals + 1);
  }
  return annotations;
}

/** A host is in one entry only: hosts with one secret share theirs. */
function tlsOf(rules: readonly Rule[]): { hosts?: string[]; secretName?: string }[] {
  const entries: { hosts?: string[]; secretName?: string }[] = [];
  const seen = new Set<string>();
  for (const { host, secret } of rules) {
    if (secret === undefined || seen.has(host)) continue;
    seen.add(host);
    const same = entries.find((each) => (each.secretName ?? '') === secret);
    if (same !== undefined) same.hosts = [...(same.hosts ?? []), host];
    else if (host !== '' || secret !== '')
      entries.push({ ...(host === '' ? {} : { hosts: [host] }), ...(secret === '' ? {} : { secretName: secret }) });
  }
  return entries;
}

function pathsOf(rules: readonly Rule[]): Obj[] {
  const byHost = new Map<string, Obj[]>();
  for (const { host, path, backend } of rules) {
    const prefix = path.endsWith('*');
    const entry = {
      path: prefix ? path.slice(0, -1) : path,
      pathType: prefix ? 'Prefix' : 'Exact',
      backend: backendOf(backend),
    };
    byHost.set(host, [...(byHost.get(host) ?? []), entry]);
  }
  return [...byHost].map(([host, paths]) => ({ ...(host === '' ? {} : { host }), http: { paths } }));
}

function backendOf(text: string): Obj {
  const [name = '', port = ''] = text.split(':');
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}
