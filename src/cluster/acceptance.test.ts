import { beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, EndpointSlice, Node, Pod } from '../api/types.gen.ts';
import { conditionOf } from '../api/conditions.ts';
import { MINUTE, SECOND } from '../sim/env.ts';
import { Cluster, holderOf, isReady, podsOf, readyNodes } from './cluster.ts';
import { InvariantChecks } from './invariants/index.ts';

/** What the first user does, on one cluster in this thread; every record is held against the invariants. */
const web = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 6
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: nginx
        image: nginx:1.27
        ports:
        - containerPort: 80
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort
  selector: {app: web}
  ports:
  - port: 80
    nodePort: 30080
`;

function start(seed: number): { cluster: Cluster; checks: InvariantChecks } {
  const checks = new InvariantChecks();
  return { cluster: new Cluster({ seed, onTrace: (events) => checks.see(events) }), checks };
}

async function withWeb(seed: number): Promise<{ cluster: Cluster; checks: InvariantChecks }> {
  const started = start(seed);
  const { cluster } = started;
  expect(await cluster.boot()).toBe(true);
  await cluster.save('web.yaml', web);
  expect(await cluster.type('kubectl apply -f web.yaml')).toBe('deployment.apps/web created\nservice/web created\n');
  expect(await cluster.runUntil((view) => podsOf(view, 'default').filter(isReady).length === 6, MINUTE)).toBe(true);
  await cluster.runFor(5 * SECOND);
  return started;
}

const endpointsOf = (cluster: Cluster) =>
  cluster.view
    .list<EndpointSlice>('/registry/endpointslices/default/')
    .flatMap((slice) => slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready === true);

const runs = (cluster: Cluster, machine: string, program: string) =>
  [...cluster.view.processes].some(([process, what]) => process.startsWith(`${machine}/`) && what === program);

const on = (node: string) => (pod: Pod) => pod.spec.nodeName === node;

describe('a highly available cluster', () => {
  it('boots from virtual zero: six machines, all Ready', async () => {
    const { cluster, checks } = start(1);
    expect(await cluster.boot()).toBe(true);
    expect(readyNodes(cluster.view)).toEqual(['cp-1', 'cp-2', 'cp-3', 'worker-1', 'worker-2', 'worker-3']);
    await cluster.runFor(100 * SECOND);
    const mirrors = podsOf(cluster.view, 'kube-system').map((pod) => pod.metadata.name);
    for (const component of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'])
      for (const machine of ['cp-1', 'cp-2', 'cp-3']) expect(mirrors).toContain(`${component}-${machine}`);
    expect(checks.violations).toEqual([]);
  });

  it.each([1, 2, 3])(
    'has three API servers that stay behind the load balancer while it boots (seed %i)',
    async (seed) => {
      const down: string[] = [];
      const cluster = new Cluster({
        seed,
        onTrace(events) {
          for (const event of events)
            if (event.kind === 'note' && event.note.type === 'balancer.backend' && !event.note.healthy)
              down.push(event.note.backend);
        },
      });
      await cluster.runFor(20 * SECOND);
      expect(down).toEqual([]);
    },
  );

  it('is the same run for the same seed, another for another', async () => {
    const hashes = [];
    for (const seed of [5, 5, 6]) {
      const { cluster } = start(seed);
      await cluster.runFor(20 * SECOND);
      hashes.push(cluster.hash());
    }
    const unobserved = new Cluster({ seed: 5 });
    unobserved.kernel.world.trace.observed = false;
    await unobserved.runFor(20 * SECOND);
    expect(unobserved.hash()).toBe(hashes[0]);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });
});

describe('an application', () => {
  let cluster: Cluster;
  let checks: InvariantChecks;
  beforeAll(async () => {
    ({ cluster, checks } = await withWeb(2));
  });

  it('is spread over the workers and reached through any of them', async () => {
    const nodes = new Set(podsOf(cluster.view, 'default').map((pod) => pod.spec.nodeName));
    expect([...nodes].sort()).toEqual(['worker-1', 'worker-2', 'worker-3']);
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await cluster.visit('http://10.0.0.21:30080/'));
    expect(answers.map((answer) => answer?.status)).toEqual(Array(6).fill(200));
    expect(answers[0]?.body).toContain('Welcome to nginx!');
    const logs = await cluster.type('kubectl logs -l app=web --prefix');
    expect(logs.split('\n').filter((line) => line.includes('"GET / HTTP/1.1" 200')).length).toBeGreaterThanOrEqual(6);
    const serving = new Set(logs.split('\n').flatMap((line) => (line.includes('"GET / ') ? [line.split(' ')[0]] : [])));
    expect(serving.size).toBeGreaterThan(1);
  });

  it('survives a worker without power: Unknown after 50 s, taints, eviction after 300 s, and no pod runs twice when it is back', async () => {
    const before = podsOf(cluster.view, 'default').filter(on('worker-2'));
    expect(before.length).toBeGreaterThan(0);
    const off = cluster.now;
    cluster.fault('power-off worker-2');
    expect(
      await cluster.runUntil(
        (view) =>
          conditionOf(view.get<Node>('/registry/minions/worker-2')?.status?.conditions, 'Ready')?.status === 'Unknown',
        70 * SECOND,
      ),
    ).toBe(true);
    const unknown = (cluster.now - off) / SECOND;
    expect(unknown).toBeGreaterThan(40);
    expect(unknown).toBeLessThan(61);
    await cluster.runFor(2 * SECOND);
    const node = cluster.view.get<Node>('/registry/minions/worker-2');
    expect(
      node?.spec.taints
        ?.filter(({ key }) => key === 'node.kubernetes.io/unreachable')
        .map(({ effect }) => effect)
        .sort(),
    ).toEqual(['NoExecute', 'NoSchedule']);
    await cluster.runFor(3 * SECOND);
    expect(endpointsOf(cluster).map((endpoint) => endpoint.nodeName)).not.toContain('worker-2');
    for (let i = 0; i < 4; i++) expect((await cluster.visit('http://10.0.0.21:30080/'))?.status).toBe(200);
    expect(
      podsOf(cluster.view, 'default')
        .filter(on('worker-2'))
        .every((pod) => pod.metadata.deletionTimestamp === undefined),
    ).toBe(true);
    expect(
      await cluster.runUntil(
        (view) =>
          podsOf(view, 'default')
            .filter(on('worker-2'))
            .every((pod) => pod.metadata.deletionTimestamp !== undefined),
        330 * SECOND,
      ),
    ).toBe(true);
    const evicted = (cluster.now - off) / SECOND;
    expect(evicted).toBeGreaterThan(340);
    expect(evicted).toBeLessThan(375);
    expect(await cluster.runUntil((view) => podsOf(view, 'default').filter(isReady).length === 6, MINUTE)).toBe(true);
    cluster.fault('power-on worker-2');
    expect(
      await cluster.runUntil(
        (view) => readyNodes(view).includes('worker-2') && podsOf(view, 'default').length === 6,
        3 * MINUTE,
      ),
    ).toBe(true);
    await cluster.runFor(MINUTE);
    expect(checks.violations).toEqual([]);
  });

  it('stops a rolling update to a broken image where upstream stops it, and rollout undo heals it', async () => {
    expect(await cluster.type('kubectl set image deployment/web nginx=nginx:no-such-tag')).toBe(
      'deployment.apps/web image updated\n',
    );
    await cluster.runFor(90 * SECOND);
    const ready = podsOf(cluster.view, 'default').filter(isReady);
    // maxUnavailable 25 % of 6 rounds down to 1, maxSurge 25 % rounds up to 2: five old pods stay, three new ones cannot start.
    expect(ready.length).toBe(5);
    const waiting = podsOf(cluster.view, 'default').filter((pod) => !isReady(pod));
    expect(waiting.length).toBe(3);
    expect(['ImagePullBackOff', 'ErrImagePull']).toContain(
      waiting[0]?.status?.containerStatuses?.[0]?.state?.waiting?.reason,
    );
    expect(await cluster.type('kubectl rollout undo deployment/web')).toBe('deployment.apps/web rolled back\n');
    expect(
      await cluster.runUntil(
        (view) =>
          view.get<Deployment>('/registry/deployments/default/web')?.status?.availableReplicas === 6 &&
          podsOf(view, 'default').length === 6,
        2 * MINUTE,
      ),
    ).toBe(true);
    expect(checks.violations).toEqual([]);
  });

  it('loses its NodePort on a node whose nat table is flushed, until kube-proxy has synced fully', async () => {
    expect((await cluster.visit('http://10.0.0.23:30080/'))?.status).toBe(200);
    await cluster.type('ssh worker-3 iptables -t nat -F');
    expect((await cluster.visit('http://10.0.0.23:30080/'))?.status).toBeUndefined();
    expect((await cluster.visit('http://10.0.0.21:30080/'))?.status).toBe(200);
    cluster.fault('kill worker-3/kube-proxy');
    await cluster.runFor(2 * MINUTE);
    expect((await cluster.visit('http://10.0.0.23:30080/'))?.status).toBe(200);
  });
});

describe('the control plane', () => {
  it('loses the machine that leads everything, and goes on', async () => {
    const { cluster, checks } = await withWeb(3);
    const leader = cluster.view.leader ?? '';
    for (const lease of ['kube-scheduler', 'kube-controller-manager']) {
      for (let tries = 0; tries < 6 && holderOf(cluster.view, lease) !== leader; tries++) {
        cluster.fault(`kill ${holderOf(cluster.view, lease) ?? ''}/${lease}`);
        await cluster.runFor(25 * SECOND);
      }
    }
    const term = cluster.view.members.get(leader)?.term ?? 0;
    const off = cluster.now;
    cluster.fault(`power-off ${leader}`);
    expect(
      await cluster.runUntil(
        (view) =>
          [...view.members].some(([name, member]) => name !== leader && member.role === 'leader' && member.term > term),
        10 * SECOND,
      ),
    ).toBe(true);
    expect(cluster.now - off).toBeLessThan(4 * SECOND);
    expect(await cluster.type('kubectl get nodes -o name')).toContain('node/worker-1');
    await cluster.runFor(40 * SECOND);
    expect(holderOf(cluster.view, 'kube-scheduler')).not.toBe(leader);
    expect(holderOf(cluster.view, 'kube-controller-manager')).not.toBe(leader);
    expect(await cluster.type('kubectl scale deployment web --replicas=8')).toBe('deployment.apps/web scaled\n');
    expect(await cluster.runUntil((view) => podsOf(view, 'default').filter(isReady).length === 8, MINUTE)).toBe(true);
    cluster.fault(`power-on ${leader}`);
    expect(await cluster.runUntil((view) => readyNodes(view).length === 6, 2 * MINUTE)).toBe(true);
    expect(checks.violations).toEqual([]);
  });

  it('without a quorum refuses writes with upstream’s error while pods keep serving, and converges when healed', async () => {
    const { cluster, checks } = await withWeb(4);
    const acknowledged = await cluster.type('kubectl create configmap before --from-literal=a=1');
    expect(acknowledged).toBe('configmap/before created\n');
    cluster.fault('partition cp-1');
    cluster.fault('partition cp-2');
    await cluster.runFor(5 * SECOND);
    const refused = await cluster.type('kubectl create configmap during --from-literal=a=1', 3 * MINUTE);
    expect(refused).toMatch(
      /etcdserver: (request timed out|no leader|leader changed)|Timeout: request did not complete|Unable to connect|i\/o timeout|context deadline exceeded|ServiceUnavailable|connection refused|EOF/,
    );
    expect((await cluster.visit('http://10.0.0.21:30080/'))?.status).toBe(200);
    cluster.fault('heal all');
    expect(
      await cluster.runUntil(
        (view) => readyNodes(view).length === 6 && podsOf(view, 'default').filter(isReady).length === 6,
        5 * MINUTE,
      ),
    ).toBe(true);
    await cluster.runFor(20 * SECOND);
    expect(await cluster.type('kubectl get configmap before -o name')).toBe('configmap/before\n');
    expect(checks.violations).toEqual([]);
  });

  it('does what the real one does with a killed apiserver, a killed balancer, a slow disk and a one-way cut', async () => {
    const { cluster, checks } = await withWeb(5);
    cluster.fault('kill cp-2/kube-apiserver');
    expect(await cluster.type('kubectl get nodes -o name')).toContain('node/cp-2');
    expect(runs(cluster, 'cp-2', 'kube-apiserver')).toBe(false);
    expect(await cluster.runUntil(() => runs(cluster, 'cp-2', 'kube-apiserver'), MINUTE)).toBe(true);
    cluster.fault('kill balancer/load-balancer');
    expect(await cluster.type('kubectl get nodes')).toMatch(
      /^The connection to the server 10\.0\.0\.10:6443 was refused/,
    );
    await cluster.runFor(15 * SECOND);
    expect(await cluster.type('kubectl get nodes -o name')).toContain('node/cp-2');
    cluster.fault(`slow-disk ${cluster.view.leader ?? ''} 300ms`);
    expect(await cluster.type('kubectl create configmap slow --from-literal=a=1')).toBe('configmap/slow created\n');
    cluster.fault('heal all');
    cluster.fault('partition worker-3 -> balancer');
    expect(await cluster.runUntil((view) => !readyNodes(view).includes('worker-3'), 90 * SECOND)).toBe(true);
    cluster.fault('heal all');
    expect(await cluster.runUntil((view) => readyNodes(view).length === 6, 2 * MINUTE)).toBe(true);
    expect(checks.violations).toEqual([]);
  });
});
