import { etcdPki } from '../../api/etcd-pki.ts';
import { Ports } from '../../api/ports.ts';
import { createRestClient } from '../../client/rest-client.ts';
import { argvOf, parseFlags } from '../../lib/flags.ts';
import type { Program } from '../../sim/env.ts';
import { FileSystem, resolvePath } from '../../unix/file-system.ts';
import { machinesFrom } from './commands.ts';
import { parseInput } from './messages.ts';
import { samples } from './samples/index.ts';
import { adminConfig } from './kube-config.ts';
import { ADMIN, ETCD_PKI, HOME, Session, type Laptop } from './session.ts';

/**
 * The operator's laptop: terminals with a shell, kubectl and the other tools (messages.ts says how the page speaks with it).
 * Arguments: argv `--server=10.0.0.10:6443`; machines: name → IP of what one can ssh to.
 */
export const terminal: Program = (env) => {
  const { machines: table } = env.args;
  const server = parseFlags(argvOf(env.args)).get('server') ?? '';
  const machines = machinesFrom(table);
  const files = Object.entries(samples).map(([name, text]) => [`${HOME}/${name}`, text] as const);
  const pki = Object.entries(etcdPki).map(([name, text]) => [`${ETCD_PKI}/${name}`, text] as const);
  const fs = new FileSystem(
    env.disk,
    '',
    new Map([...files, ...pki, [`${HOME}/.kube/config`, adminConfig(`https://${server}`)]]),
    [],
  );
  fs.makeDirectory(`${HOME}/.kube`);
  const laptop: Laptop = {
    env,
    fs,
    connect: (address, identity) =>
      createRestClient(env, {
        servers: [address ?? server],
        user: (address === undefined ? ADMIN : identity)?.name ?? '',
        groups: [...((address === undefined ? ADMIN : identity)?.groups ?? []), 'system:authenticated'],
        userAgent: 'kubectl',
      }),
    server,
    machines,
    etcdEndpoints: etcdEndpoints(machines),
    cache: new Map(),
  };
  const sessions = new Map<number, Session>();
  const sessionOf = (id: number): Session => {
    const session = sessions.get(id) ?? new Session(laptop, id);
    sessions.set(id, session);
    return session;
  };

  env.onInput((text) => {
    const input = parseInput(text);
    if (input === undefined) return;
    switch (input.kind) {
      case 'open':
        return sessionOf(input.session).open();
      case 'close':
        sessions.get(input.session)?.close();
        sessions.delete(input.session);
        return;
      case 'line':
        return sessionOf(input.session).line(input.text);
      case 'stdin':
        return sessionOf(input.session).stdin(input.text);
      case 'eof':
        return sessionOf(input.session).endOfInput();
      case 'interrupt':
        return sessionOf(input.session).interrupt();
      case 'file':
        return save(fs, resolvePath(HOME, input.path), input.text);
      case 'edited':
        return sessionOf(input.session).edited(input.text);
    }
  });
};

/** External etcd has machines of its own; otherwise it is on those of the control plane. */
function etcdEndpoints(machines: Laptop['machines']): string[] {
  const named = (prefix: string): string[] =>
    Object.entries(machines).flatMap(([name, ip]) => (name.startsWith(prefix) ? [`${ip}:${Ports.etcdClient}`] : []));
  const apart = named('etcd-');
  return apart.length > 0 ? apart : named('cp-');
}

function save(fs: FileSystem, path: string, text: string): void {
  const directory = path.slice(0, path.lastIndexOf('/'));
  if (directory !== '' && fs.kind(directory) === undefined) fs.makeDirectory(directory);
  if (fs.kind(path) !== 'directory') fs.write(path, text);
}
