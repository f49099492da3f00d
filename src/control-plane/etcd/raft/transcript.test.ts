import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runTranscript } from '../../../lib/datadriven.ts';
import { changeText, TestNetwork } from './test-network.ts';
import type { ConfChange, ConfChangeSingle, Configuration, Entry, Message, RaftEvent } from './types.ts';

const directory = new URL('./testdata/', import.meta.url).pathname;

for (const file of readdirSync(directory).sort()) {
  test(`raft ${file}`, async () => {
    const session = new Session();
    expect(await runTranscript(directory + file, (command, words) => session.run(command, words))).toEqual([]);
  });
}

/** One cluster, driven by words. */
class Session {
  private network: TestNetwork | undefined;
  private lines: string[] = [];
  private nextTimeout = 0;

  run(command: string, words: readonly string[]): string {
    this.lines = [];
    const [first = '', ...rest] = words;
    switch (command) {
      case 'cluster':
        this.create(words);
        break;
      case 'tick':
        for (let count = 0; count < Number(rest[0] ?? 1); count++) this.net.raft(first).tick();
        break;
      case 'campaign':
        this.net.raft(first).campaign();
        break;
      case 'propose': {
        const result = this.net.raft(first).propose(rest.map((data) => ({ data, size: data.length })));
        this.lines.push(result);
        break;
      }
      case 'change':
        this.lines.push(this.net.raft(first).propose([{ data: null, size: 0, change: parseChange(rest) }]));
        break;
      case 'add':
        this.net.add(first);
        break;
      case 'configuration':
        this.lines.push(configurationText(this.net.raft(first).inspect().configuration));
        break;
      case 'read':
        this.lines.push(this.net.raft(first).readIndex(rest[0] ?? '') ? 'asked' : 'no leader');
        break;
      case 'transfer':
        this.net.raft(first).transferLeader(rest[0] ?? '');
        break;
      case 'cut':
        for (const other of this.net.members.keys())
          if (other !== first && !rest.includes(other)) this.net.isolate(first, other);
        break;
      case 'heal':
        this.net.heal();
        break;
      case 'crash':
        this.net.crash(first);
        break;
      case 'start':
        this.net.start(first);
        break;
      case 'compact':
        this.net.compact(first);
        break;
      case 'begin':
        this.begin(first);
        break;
      case 'deliver':
        this.deliver(first, rest[0] ?? '');
        break;
      case 'drop':
        for (const message of [...this.net.inFlight])
          if (message.from === first && message.to === rest[0]) this.net.drop(message);
        break;
      case 'stabilize':
        this.stabilize(words);
        break;
      case 'status':
        this.status();
        break;
      case 'progress':
        for (const [id, progress] of this.net.raft(first).inspect().progress) {
          const { state, match, next, inflight } = progress;
          this.lines.push(`${id} ${state} match ${match} next ${next} in flight ${inflight.length}`);
        }
        break;
      case 'log':
        this.lines.push(logText(this.net, first));
        break;
      default:
        throw new Error(`unknown command ${command}`);
    }
    return this.lines.join('\n') || 'ok';
  }

  private get net(): TestNetwork {
    if (this.network === undefined) throw new Error('no cluster');
    return this.network;
  }

  private create(words: readonly string[]): void {
    const members = words.filter((word) => !word.includes('='));
    const setting = (name: string): string | undefined =>
      words.find((word) => word.startsWith(`${name}=`))?.split('=')[1];
    this.network = new TestNetwork({
      members,
      // Election timeouts of 10, 11, 12, … ticks in turn: no two members time out together.
      random: (limit) => this.nextTimeout++ % limit,
      preVote: setting('prevote') !== 'off',
      checkQuorum: setting('checkquorum') !== 'off',
      stepDownOnRemoval: setting('stepdown') === 'on',
      maxInflightMessages: Number(setting('inflight') ?? 256),
      maxSizePerMessage: Number(setting('maxsize') ?? 1_000_000),
      onEvent: (id, event) => this.lines.push(...eventText(id, event)),
    });
    const leader = setting('leader');
    if (leader !== undefined) {
      this.net.raft(leader).campaign();
      this.stabilize([]);
    }
    this.lines = [];
  }

  private begin(id: string): void {
    const ready = this.net.begin(id);
    if (ready === undefined) this.lines.push('nothing to do');
  }

  private deliver(from: string, to: string): void {
    const message = this.net.inFlight.find((candidate) => candidate.from === from && candidate.to === to);
    if (message === undefined) throw new Error(`nothing under way from ${from} to ${to}`);
    this.lines.push(messageText(message));
    this.net.deliver(message);
  }

  /** Until nothing is left to do among the given members, or all. */
  private stabilize(words: readonly string[]): void {
    const ids = words.length > 0 ? words : [...this.net.members.keys()];
    for (let round = 0; round < 100; round++) {
      const busy = ids.filter((id) => {
        const began = this.net.begin(id) !== undefined || this.net.member(id).writing !== undefined;
        if (began) this.finish(id);
        return began;
      });
      const messages = this.net.inFlight.filter((message) => ids.includes(message.to) && ids.includes(message.from));
      for (const message of messages) {
        this.lines.push(messageText(message));
        this.net.deliver(message);
      }
      if (busy.length === 0 && messages.length === 0) return;
    }
    throw new Error('does not come to rest');
  }

  private finish(id: string): void {
    const member = this.net.member(id);
    const reads = member.reads.length;
    const applied = member.applied.length;
    this.net.finish(id);
    for (const entry of member.applied.slice(applied)) {
      if (entry.data !== '') this.lines.push(`  ${id} applies ${entry.index}/${entry.term} ${entry.data}`);
    }
    for (const { context, index } of member.reads.slice(reads))
      this.lines.push(`  ${id} may read ${context} at ${index}`);
  }

  private status(): void {
    for (const { id, raft } of this.net.members.values()) {
      if (raft === undefined) {
        this.lines.push(`${id} down`);
        continue;
      }
      const { role, term, lead, vote, commit, lastIndex } = raft.status();
      this.lines.push(
        `${id} ${role} term ${term} lead ${lead || '-'} vote ${vote || '-'} commit ${commit} last ${lastIndex}`,
      );
    }
  }
}

function logText(network: TestNetwork, id: string): string {
  const { log } = network.raft(id).inspect();
  return `first ${log.firstIndex()}: ${log.all().map(entryText).join(' ')}`;
}

/** `[implicit|explicit] v4 l5 r3`, or `leave`. */
function parseChange(words: readonly string[]): ConfChange {
  const [first = '', ...others] = words;
  if (first === 'implicit' || first === 'explicit')
    return { transition: `joint-${first}`, changes: others.map(parseSingle) };
  return { transition: 'auto', changes: first === 'leave' ? [] : words.map(parseSingle) };
}

function parseSingle(word: string): ConfChangeSingle {
  const types = { v: 'add-voter', l: 'add-learner', r: 'remove', u: 'update' } as const;
  const letter = Object.keys(types).find((each): each is keyof typeof types => each === word[0]);
  if (letter === undefined) throw new Error(`not a change: ${word}`);
  return { type: types[letter], id: word.slice(1) };
}

function configurationText({ voters, outgoing, learners, learnersNext, autoLeave }: Configuration): string {
  const part = (name: string, ids: readonly string[]): string => (ids.length === 0 ? '' : ` ${name} ${ids.join(' ')}`);
  return `voters ${voters.join(' ')}${part('outgoing', outgoing)}${part('learners', learners)}${part('learners next', learnersNext)}${autoLeave ? ' auto-leave' : ''}`;
}

function entryText({ index, term, data, change }: Entry): string {
  if (change !== undefined) return `${index}/${term}(${changeText(change)})`;
  return `${index}/${term}${data === null ? '' : JSON.stringify(data)}`;
}

/** Roles only; that a follower is still one is no news. */
function eventText(id: string, event: RaftEvent): string[] {
  if (event.kind === 'configuration') return [`  ${id} has ${configurationText(event.configuration)}`];
  if (event.kind !== 'role' || (event.role === 'follower' && event.lead !== '')) return [];
  return [`  ${id} is ${event.role} at term ${event.term}`];
}

function messageText(message: Message): string {
  return `${message.from}->${message.to} ${message.type}${message.term > 0 ? ` term ${message.term}` : ''}${detail(message)}`;
}

function detail(message: Message): string {
  switch (message.type) {
    case 'MsgProp':
      return ` ${message.entries.map(({ data }) => JSON.stringify(data)).join(' ')}`;
    case 'MsgApp':
      return ` after ${message.index}/${message.logTerm} commit ${message.commit} [${message.entries.map(entryText).join(' ')}]`;
    case 'MsgAppResp':
      return message.reject
        ? ` ${message.index} rejected, hint ${message.rejectHint}/${message.logTerm}`
        : ` ${message.index}`;
    case 'MsgHeartbeat':
      return ` commit ${message.commit}${message.context === '' ? '' : ` for ${message.context}`}`;
    case 'MsgHeartbeatResp':
      return message.context === '' ? '' : ` for ${message.context}`;
    case 'MsgVote':
    case 'MsgPreVote':
      return ` log ${message.index}/${message.logTerm}${message.transfer ? ' transfer' : ''}`;
    case 'MsgVoteResp':
    case 'MsgPreVoteResp':
      return message.reject ? ' no' : ' yes';
    case 'MsgSnap':
      return ` ${message.snapshot.index}/${message.snapshot.term}`;
    case 'MsgTransferLeader':
      return ` to ${message.transferee}`;
    case 'MsgReadIndex':
      return ` ${message.context}`;
    case 'MsgReadIndexResp':
      return ` ${message.context} at ${message.index}`;
    case 'MsgTimeoutNow':
      return '';
  }
}
