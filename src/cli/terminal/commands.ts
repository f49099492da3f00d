import { isObject } from '../../lib/json.ts';
import { Ports } from '../../api/ports.ts';
import { compareStrings } from '../../lib/order.ts';
import { SECOND } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { serveHttp } from '../../sim/http-server.ts';
import type { RpcFailure } from '../../sim/http.ts';
import { type HttpClient } from '../../sim/http.ts';
import { FileError } from '../../unix/file-system.ts';
import { readAll } from '../../unix/pipe.ts';
import { Killed, lookUp, runTask, Task, type Command, type CommandTable } from '../../unix/task.ts';
import { etcdctlCommand } from '../etcdctl/command.ts';
import { kubectl, type KubectlIo } from '../kubectl/kubectl.ts';
import { formatTime } from '../../lib/time.ts';
import { RUN_PATH, type RunRequest } from '../ssh/protocol.ts';
import { kubeConfig } from './kube-config.ts';
import type { RestClient } from '../../client/contract.ts';
import { ADMIN, HOME, type Session } from './session.ts';
import { resolveHost } from '../../unix/commands/network.ts';

/** What the laptop has besides what every Unix has. */
export function sessionCommands(session: Session): CommandTable {
  // Like every kubectl, each has a connection of its own, which the balancer may lead to another apiserver.
  const runKubectl: Command = async (task) => {
    const clients: [RestClient, ...RestClient[]] = [session.laptop.connect()];
    try {
      return await interruptible(task, (onInterrupt) =>
        kubectl(task.argv.slice(1), kubectlIo(session, task, clients, onInterrupt)),
      );
    } finally {
      for (const client of clients) client.close();
    }
  };
  return {
    clear: async (task) => {
      await task.print('\u001b[H\u001b[2J\u001b[3J');
      return 0;
    },
    crictl: async (task) => {
      await task.printError(
        'crictl talks to the container runtime of its own machine. Go there first: ssh worker-1 crictl ps\n',
      );
      return 1;
    },
    etcdctl: etcdctlCommand(session.laptop.etcdEndpoints),
    fault: async (task) => {
      await task.printError('fault: give it a line of its own, such as: fault power-off worker-2\n');
      return 2;
    },
    help: async (task) => {
      await task.print(helpText(session));
      return 0;
    },
    history: async (task) => {
      await task.print(session.history.map((line, index) => `${String(index + 1).padStart(5)}  ${line}\n`).join(''));
      return 0;
    },
    'iptables-save': async (task) => {
      await task.printError(
        'iptables-save prints the rules of its own machine. Go there first: ssh worker-1 iptables-save\n',
      );
      return 1;
    },
    k: runKubectl,
    kubectl: runKubectl,
    scp: (task) => scp(session, task),
    ssh: (task) => ssh(session, task),
    watch,
  };
}

function helpText(session: Session): string {
  return `kubectl (k)   the cluster's API, through the load balancer at ${session.laptop.server}
etcdctl       the etcd members, by themselves
ssh MACHINE   a shell on ${Object.keys(session.laptop.machines).sort(compareStrings).join(', ')}; there: crictl, iptables-save, etcdctl, etcdutl
scp           copies a file to a machine, or from it: scp snapshot.db cp-1:/tmp/
fault         breaks things: fault power-off worker-2, fault partition cp-3, fault heal all
curl, watch, cat, ls, grep, sort, head, history and the usual rest of a shell
`;
}

/** Runs a tool that has its own waits: Ctrl-C calls what it registered, and its outcome no longer matters. */
async function interruptible(
  task: Task,
  run: (onInterrupt: (cancel: () => void) => () => void) => Promise<number>,
): Promise<number> {
  const cancels = new Set<() => void>();
  const onInterrupt = (cancel: () => void) => {
    cancels.add(cancel);
    return () => void cancels.delete(cancel);
  };
  try {
    return await task.wait(run(onInterrupt));
  } catch (error) {
    if (error instanceof Killed) for (const cancel of cancels) cancel();
    throw error;
  }
}

/** Writing to a pipe whose reader has gone is not this tool's business. */
function writer(write: (text: string) => Promise<void>): (text: string) => void {
  return (text) => void write(text).catch(() => undefined);
}

function kubectlIo(
  session: Session,
  task: Task,
  clients: [RestClient, ...RestClient[]],
  onInterrupt: (cancel: () => void) => () => void,
): KubectlIo {
  const { laptop } = session;
  const { env, fs } = task;
  const io: KubectlIo = {
    client: clients[0],
    server: `https://${laptop.server}`,
    stdout: writer((text) => task.print(text)),
    stderr: writer((text) => task.printError(text)),
    stdin: {
      isTerminal: task.tty,
      readAll: () => readAll(task.stdin),
      listen({ data, end }) {
        let listening = true;
        env.spawn(async () => {
          for (let text = await task.stdin.read(); text !== undefined && listening; text = await task.stdin.read())
            data(text);
          if (listening) end();
        });
        return () => {
          listening = false;
        };
      },
    },
    files: {
      read: (path) => (fs.kind(task.path(path)) === 'file' ? fs.read(task.path(path)) : undefined),
      list: (path) => (fs.kind(task.path(path)) === 'directory' ? fs.list(task.path(path)) : undefined),
      write: (path, text) => fs.write(task.path(path), text),
      makeDirectory: (path) => {
        if (fs.kind(task.path(path)) === undefined) fs.makeDirectory(task.path(path));
      },
    },
    config: (path) => kubeConfig(fs, task.path(path ?? task.vars.get('KUBECONFIG') ?? `${HOME}/.kube/config`)),
    connect(server, identity) {
      if (server === `https://${laptop.server}` && identity?.name === ADMIN.name) return io;
      const other = laptop.connect(addressOf(task, server), identity);
      clients.push(other);
      return { ...io, server, cache: new Map(), client: other };
    },
    cache: laptop.cache,
    now: () => env.now(),
    sleep: (delay) => env.sleep(delay),
    deferred: () => env.deferred(),
    pick: (bound) => env.random.below(bound),
    network: {
      listen: (address, handlers) => env.listen(address, handlers),
      serve: (address, handle, options) => serveHttp(env, address, handle, options),
    },
    edit: (path, text) => editText(session, task, path, text),
    onInterrupt,
  };
  return io;
}

/** With $KUBE_EDITOR or $EDITOR that command changes the file; otherwise the page's editor does. Models kubectl's editor package. */
async function editText(session: Session, task: Task, path: string, text: string): Promise<string | undefined> {
  const editor = task.vars.get('KUBE_EDITOR') || task.vars.get('EDITOR') || '';
  if (editor === '') return session.edit(path, text);
  const { fs, vars, cwd, stdin, stdout, stderr, tty } = task;
  const found = lookUp(task.context.commands, fs, 'sh', cwd);
  if ('error' in found) throw new FileError(found.error);
  if ('error' in lookUp(task.context.commands, fs, editor.split(' ')[0] ?? '', cwd))
    throw new Error(`unable to launch the editor ${JSON.stringify(editor)}`);
  fs.write(path, text);
  const argv = ['sh', '-c', `${editor} "${path}"`];
  const child = new Task(task.context, { argv, vars, cwd, stdin, stdout, stderr, tty, parent: task });
  const code = await runTask(child, found.command);
  if (code !== 0) throw new Error(`there was a problem with the editor ${JSON.stringify(editor)}`);
  const saved = fs.read(path);
  fs.remove(path);
  return saved;
}

/** `https://10.0.0.10:6443`, `localhost:8001`: what can be dialled. */
function addressOf(task: Task, server: string): string {
  const [, scheme = '', host = '', port] = /^(?:(\w+):\/\/)?([^/:]+)(?::(\d+))?/.exec(server) ?? [];
  return `${resolveHost(task, host) ?? host}:${port ?? (scheme === 'https' ? 443 : 80)}`;
}

const SSH_TIMEOUT = 10 * SECOND;

/** `ssh MACHINE [COMMAND …]`: without a command, a prompt on that machine until `exit`. */
async function ssh(session: Session, task: Task): Promise<number> {
  const words = task.argv
    .slice(1)
    .filter(
      (word, index, all) => !(word.startsWith('-') && all.slice(0, index).every((before) => before.startsWith('-'))),
    );
  const [target = '', ...command] = words;
  const { machine, ip } = machineOf(session, target);
  if (machine === '') {
    await task.printError('usage: ssh machine [command [argument ...]]\n');
    return 255;
  }
  if (ip === undefined) {
    await task.printError(`ssh: Could not resolve hostname ${machine}: Name or service not known\n`);
    return 255;
  }
  const client = createHttpClient(task.env, `${ip}:${Ports.ssh}`, { protocol: 'kubelet', connectTimeout: SSH_TIMEOUT });
  try {
    const stdin = task.tty ? undefined : await readAll(task.stdin);
    if (command.length > 0) return await runThere(task, client, machine, command.join(' '), { stdin });
    return await shellThere(session, task, client, machine);
  } finally {
    client.close();
  }
}

/** `user@cp-1`, `cp-1` or its address. */
function machineOf(session: Session, target: string): { readonly machine: string; readonly ip: string | undefined } {
  const machine = target.replace(/^[^@]*@/, '');
  const { machines } = session.laptop;
  const ip = Object.hasOwn(machines, machine)
    ? machines[machine]
    : Object.values(machines).find((each) => each === machine);
  return { machine, ip };
}

/** `scp FILE MACHINE:PATH` or `scp MACHINE:PATH FILE`. */
async function scp(session: Session, task: Task): Promise<number> {
  const [from, to] = task.argv.slice(1).filter((word) => !word.startsWith('-'));
  if (from === undefined || to === undefined) {
    await task.printError('usage: scp source target\n');
    return 1;
  }
  const remote = /^([^/:]+):(.*)$/;
  const [, target = '', there = ''] = remote.exec(to) ?? remote.exec(from) ?? [];
  const { machine, ip } = machineOf(session, target);
  if (ip === undefined) {
    await task.printError(
      `ssh: Could not resolve hostname ${machine}: Name or service not known\nscp: Connection closed\n`,
    );
    return 255;
  }
  const client = createHttpClient(task.env, `${ip}:${Ports.ssh}`, { protocol: 'kubelet', connectTimeout: SSH_TIMEOUT });
  const name = (path: string): string => path.split('/').at(-1) ?? '';
  try {
    if (remote.test(to)) {
      const path = there === '' || there.endsWith('/') ? `${there}${name(from)}` : there;
      const stdin = task.fs.read(task.path(from));
      return await runThere(task, client, machine, `cat > '${path}'`, { stdin });
    }
    let text = '';
    const code = await runThere(task, client, machine, `cat '${there}'`, { stdout: (part) => (text += part) });
    const path = task.path(to);
    if (code === 0) task.fs.write(task.fs.kind(path) === 'directory' ? `${path}/${name(there)}` : path, text);
    return code;
  } finally {
    client.close();
  }
}

async function shellThere(session: Session, task: Task, client: HttpClient, machine: string): Promise<number> {
  let code = await runThere(task, client, machine, 'hostname', { stdout: () => undefined });
  while (code !== 255) {
    session.prompt(`${machine}:~$ `);
    const line = await task.wait(task.stdin.readLine());
    if (line === undefined || /^\s*(exit|logout)\s*$/.test(line)) break;
    if (line.trim() !== '') code = await runThere(task, client, machine, line.trim());
  }
  if (code !== 255) await task.print(`Connection to ${machine} closed.\n`);
  return code;
}

async function runThere(
  task: Task,
  client: HttpClient,
  machine: string,
  command: string,
  io: { readonly stdin?: string | undefined; readonly stdout?: (text: string) => void } = {},
): Promise<number> {
  const { stdin, stdout } = io;
  const request: RunRequest = { command, ...(stdin === undefined || stdin === '' ? {} : { stdin }) };
  const done = task.env.deferred<number>();
  let ended = false;
  const finish = (code: number) => {
    ended = true;
    done.resolve(code);
  };
  const stream = client.stream(
    { method: 'POST', path: RUN_PATH, body: JSON.stringify(request) },
    {
      data(text, channel) {
        if (channel === 3) finish(Number(text));
        else if (channel === 1 && stdout !== undefined) stdout(text);
        else writer(channel === 2 ? (each) => task.printError(each) : (each) => task.print(each))(text);
      },
      end: () => finish(0),
      fail(failure) {
        if (ended) return;
        writer((each) => task.printError(each))(sshFailure(machine, failure));
        finish(255);
      },
    },
  );
  try {
    return await task.wait(done.promise);
  } catch (error) {
    stream.cancel();
    throw error;
  }
}

function sshFailure(machine: string, failure: RpcFailure): string {
  if (!failure.definite) return `client_loop: send disconnect: Broken pipe\n`;
  const why =
    failure.reason === 'refused'
      ? 'Connection refused'
      : failure.reason === 'unreachable'
        ? 'No route to host'
        : 'Connection timed out';
  return `ssh: connect to host ${machine} port ${Ports.ssh}: ${why}\n`;
}

/** `watch [-n SECONDS] COMMAND …`: runs it again and again on a cleared screen, until Ctrl-C. */
async function watch(task: Task): Promise<number> {
  const words = [...task.argv.slice(1)];
  let interval = 2;
  if (words[0] === '-n' || words[0] === '--interval') {
    interval = Number(words[1]);
    words.splice(0, 2);
  }
  if (words.length === 0 || !(interval > 0)) {
    await task.printError('Usage: watch [-n seconds] command\n');
    return 1;
  }
  const command = words.join(' ');
  const found = lookUp(task.context.commands, task.fs, 'sh', task.cwd);
  if ('error' in found) throw new FileError(found.error);
  for (;;) {
    await task.print(`\u001b[H\u001b[2JEvery ${interval.toFixed(1)}s: ${command}    ${formatTime(task.env.now())}\n\n`);
    const { vars, cwd, stdin, stdout, stderr } = task;
    const child = new Task(task.context, {
      argv: ['sh', '-c', command],
      vars,
      cwd,
      stdin,
      stdout,
      stderr,
      tty: false,
      parent: task,
    });
    await task.wait(runTask(child, found.command));
    await task.sleep(Math.round(interval * SECOND));
  }
}

/** Machines by name, from the program's arguments. */
export function machinesFrom(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, ip]) => (typeof ip === 'string' ? [[name, ip]] : [])),
  );
}
