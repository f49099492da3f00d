import { Ports } from '../../api/ports.ts';
import { createRestClient } from '../../client/rest-client.ts';
import { parseFlags } from '../../lib/flags.ts';
import type { Program } from '../../sim/env.ts';
import { FileSystem, resolvePath } from '../../unix/file-system.ts';
import { machinesFrom } from './commands.ts';
import { parseInput } from './messages.ts';
import { samples } from './samples/index.ts';
import { HOME, Session, type Laptop } from './session.ts';

/**
 * The operator's laptop: terminals with a shell, kubectl and the other tools (messages.ts says how the page speaks with it).
 * Arguments: argv `--server=10.0.0.10:6443`; machines: name → IP of what one can ssh to.
 */
export const terminal: Program = (env) => {
  const { argv, machines: table } = env.args;
  const server = parseFlags(Array.isArray(argv) ? argv.map(String) : []).get('server') ?? '';
  const machines = machinesFrom(table);
  const fs = new FileSystem(env.disk, '', new Map(), []);
  for (const [name, text] of Object.entries(samples))
    if (fs.kind(`${HOME}/${name}`) === undefined) fs.write(`${HOME}/${name}`, text);
  const laptop: Laptop = {
    env,
    fs,
    client: createRestClient(env, {
      servers: [server],
      user: 'kubernetes-admin',
      groups: ['kubeadm:cluster-admins', 'system:authenticated'],
      userAgent: 'kubectl',
    }),
    server,
    machines,
    etcdEndpoints: Object.entries(machines).flatMap(([name, ip]) =>
      name.startsWith('cp-') ? [`${ip}:${Ports.etcdClient}`] : [],
    ),
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
        return fs.write(resolvePath(HOME, input.path), input.text);
      case 'edited':
        return sessionOf(input.session).edited(input.text);
    }
  });
};
