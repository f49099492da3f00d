import { expect, test } from 'vitest';
import { createSpares } from './spares.ts';
import type { WorkerPort } from './workers.ts';

function world() {
  const made: string[] = [];
  const ended: string[] = [];
  const failures: ((reason: string) => void)[] = [];
  const make = (worker: string, program: string): WorkerPort => {
    const label = `${worker}:${program}`;
    made.push(label);
    return {
      post: () => {},
      onMessage: () => {},
      onError: (handler) => void failures.push(handler),
      terminate: () => void ended.push(label),
    };
  };
  const spares = createSpares(make, (program) => (program === 'etcd' ? 'etcd' : 'machine'));
  return { made, ended, failures, spares };
}

test('a spare is handed out once, to any program of its file; after that workers are made', () => {
  const { made, spares } = world();
  spares.prepare(['etcd', 'kubelet']);
  spares.create('cp-1/etcd', 'etcd');
  spares.create('cp-1', 'sshd');
  expect(made).toEqual(['etcd:etcd', 'machine:kubelet']);
  spares.create('cp-2/etcd', 'etcd');
  spares.create('cp-2', 'sshd');
  expect(made.slice(2)).toEqual(['cp-2/etcd:etcd', 'cp-2:sshd']);
});

test('a spare that failed is not handed out; those left over are ended', () => {
  const { made, ended, failures, spares } = world();
  spares.prepare(['etcd', 'etcd']);
  failures[0]?.('could not be loaded');
  spares.create('cp-1/etcd', 'etcd');
  spares.create('cp-2/etcd', 'etcd');
  expect(made).toEqual(['etcd:etcd', 'etcd:etcd', 'cp-2/etcd:etcd']);
  spares.prepare(['kubelet']);
  spares.stop();
  expect(ended).toEqual(['machine:kubelet']);
});
