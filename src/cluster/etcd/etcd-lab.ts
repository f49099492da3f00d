import { etcdPkiOf, ETCD_PKI_DIRECTORY } from '../../api/etcd-pki.ts';
import { sshd } from '../../cli/ssh/sshd.ts';
import { terminal } from '../../cli/terminal/terminal.ts';
import { etcdutl } from '../../control-plane/etcd/etcdutl/etcdutl.ts';
import { etcd } from '../../control-plane/etcd/server/etcd.ts';
import { parseDuration } from '../../lib/duration.ts';
import { SECOND, type Program } from '../../sim/env.ts';
import { createSim, type Sim } from '../../sim/testing.ts';

const MACHINES = ['cp-1', 'cp-2', 'cp-3', 'cp-4', 'cp-5'];
const LAPTOP = 'laptop/terminal';
const ipOf = (machine: string): string => `10.0.0.${10 + Number(machine.slice(3))}`;
const peerUrl = (machine: string): string => `https://${ipOf(machine)}:2380`;

/** What systemd is to a machine here: starts etcd when told to, kills it, and wipes its disk. */
const launcher: Program = (env) => {
  env.onInput((text) => {
    const order: { readonly start?: readonly string[]; readonly remove?: string } = JSON.parse(text);
    if (order.remove !== undefined) for (const path of env.disk.list(order.remove)) env.disk.remove(path);
    if (order.start === undefined) return;
    env.exec(
      { program: 'etcd', name: 'etcd', args: { argv: [...order.start] } },
      { output: (line) => env.print(line, 'stderr'), exit: ({ code }) => env.print(`exit ${code}\n`, 'stderr') },
    );
  });
};

/**
 * etcd on five machines, and the laptop: what a transcript acts on. Commands: `members cp-1 cp-2 cp-3 [--flag …]` (a new cluster),
 * `start cp-4 new|existing cp-1,cp-2,cp-4 [--flag …]`, `stop NAME`, `wipe NAME`, `log NAME` (what etcd has said since), `certify NAME
 * ISSUER` (its peer certificate), `run 5s`, `fault …`; anything else is typed on the laptop, where `$cp-2` is that member's id.
 */
export class EtcdLab {
  readonly sim: Sim;
  private shown = 0;
  private readonly logged = new Map<string, number>();

  constructor(seed = 1) {
    const machines = Object.fromEntries(MACHINES.map((machine) => [machine, ipOf(machine)]));
    this.sim = createSim({
      seed,
      programs: { etcd, etcdutl, launcher, sshd, terminal },
      hosts: [
        ...MACHINES.map((name) => ({ name, ip: ipOf(name), files: etcdPkiOf(name), run: { launcher: {}, sshd: {} } })),
        { name: 'laptop', ip: '10.0.0.2', run: { terminal: { machines } } },
      ],
    });
  }

  async run(command: string, words: readonly string[], input = ''): Promise<string> {
    const [first = ''] = words;
    switch (command) {
      case 'members': {
        const names = words.filter((word) => !word.startsWith('--'));
        await this.sim.runFor(SECOND);
        for (const name of names) this.start(name, 'new', names, words);
        await this.sim.runFor(7 * SECOND);
        return this.type([`export ETCDCTL_ENDPOINTS=${names.map((name) => `${ipOf(name)}:2379`).join(',')}`]);
      }
      case 'start':
        this.start(first, words[1] ?? 'new', (words[2] ?? '').split(','), words);
        await this.sim.runFor(2 * SECOND);
        return '';
      case 'stop':
        this.sim.signal(`${first}/etcd`, 'SIGKILL');
        await this.sim.runFor(SECOND);
        return '';
      case 'wipe':
        this.order(first, { remove: '/var/lib/etcd/' });
        await this.sim.runFor(SECOND / 10);
        return '';
      case 'certify':
        return this.certify(first, words[1] ?? '');
      case 'log':
        return this.log(first);
      case 'run':
        await this.sim.runFor(parseDuration(first));
        return '';
      case 'fault':
        this.sim.fault(words.join(' '));
        return '';
      default:
        return this.type([[command, ...words].join(' '), ...(input === '' ? [] : input.split('\n'))]);
    }
  }

  private order(machine: string, order: object): void {
    this.sim.input(`${machine}/launcher`, JSON.stringify(order));
  }

  private start(name: string, state: string, names: readonly string[], words: readonly string[]): void {
    const pki = (file: string): string => `${ETCD_PKI_DIRECTORY}/${file}.crt`;
    this.order(name, {
      start: [
        `--name=${name}`,
        '--data-dir=/var/lib/etcd',
        `--initial-cluster=${names.map((each) => `${each}=${peerUrl(each)}`).join(',')}`,
        `--initial-cluster-state=${state}`,
        `--initial-advertise-peer-urls=${peerUrl(name)}`,
        `--listen-peer-urls=${peerUrl(name)}`,
        `--listen-client-urls=https://127.0.0.1:2379,https://${ipOf(name)}:2379`,
        `--advertise-client-urls=https://${ipOf(name)}:2379`,
        `--cert-file=${pki('server')}`,
        `--peer-cert-file=${pki('peer')}`,
        `--trusted-ca-file=${pki('ca')}`,
        `--peer-trusted-ca-file=${pki('ca')}`,
        '--client-cert-auth=true',
        '--peer-client-cert-auth=true',
        ...words.filter((word) => word.startsWith('--')),
      ],
    });
  }

  private async certify(machine: string, issuer: string): Promise<string> {
    const path = `${ETCD_PKI_DIRECTORY}/peer.crt`;
    const text = `Certificate:\\n    Issuer: CN=${issuer}\\n    Subject: CN=${machine}\\n`;
    return this.type([`ssh ${machine} "printf '${text}' > ${path}"`]);
  }

  /** Without times. */
  private log(machine: string): string {
    const text = this.sim.output(`${machine}/launcher`, 'stderr');
    const fresh = text.slice(this.logged.get(machine) ?? 0);
    this.logged.set(machine, text.length);
    const lines = fresh.split('\n').map((line) => line.replace(/"ts":"[^"]*",/, '').replace(/:\d{5}"/g, ':PORT"'));
    return [...new Set(lines)].join('\n');
  }

  private idOf(name: string): string {
    const members = this.sim.notes('raft.configuration').flatMap((note) => note.members);
    return members.findLast(({ address }) => address === peerUrl(name))?.id ?? '';
  }

  private async type(lines: readonly string[]): Promise<string> {
    const say = (message: object): void => this.sim.input(LAPTOP, JSON.stringify({ session: 1, ...message }));
    if (this.shown === 0) say({ kind: 'open' });
    await this.sim.runFor(SECOND / 10);
    this.shown = this.sim.output(LAPTOP).length;
    const from = this.shown;
    for (const line of lines)
      say({ kind: 'line', text: line.replace(/\$(cp-\d)/g, (_, name: string) => this.idOf(name)) });
    const prompts = (): number => this.messages(from).filter(({ kind }) => kind === 'prompt').length;
    const done = await this.sim.runUntilTrue(() => prompts() >= lines.length, 60 * SECOND);
    if (!done) {
      say({ kind: 'interrupt' });
      await this.sim.runFor(SECOND);
    }
    this.shown = this.sim.output(LAPTOP).length;
    return this.messages(from)
      .map(({ text, kind }) => (kind === 'output' ? text : ''))
      .join('');
  }

  private messages(from: number): { readonly kind: string; readonly text: string }[] {
    const text = this.sim.output(LAPTOP).slice(from);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
}
