import { beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../api/types.gen.ts';
import { MINUTE, SECOND } from '../sim/env.ts';
import { Cluster } from './cluster.ts';

/** The terminals of the laptop on a whole cluster: what people type, and what comes back. */
describe('a terminal', () => {
  let edit: { readonly text: string } | undefined;
  const cluster = new Cluster({
    seed: 9,
    onTrace(events) {
      for (const event of events) {
        if (event.kind !== 'output' || event.process !== 'laptop/terminal') continue;
        for (const line of event.text.split('\n')) if (line.includes('"kind":"edit"')) edit = JSON.parse(line);
      }
    },
  });
  const say = (message: object) =>
    cluster.input({ kind: 'text', process: 'laptop/terminal', text: JSON.stringify({ session: 1, ...message }) });
  const replicas = () => cluster.view.get<Deployment>('/registry/deployments/default/web')?.spec.replicas;

  beforeAll(async () => {
    await cluster.boot();
    await cluster.runFor(6 * SECOND);
    expect(await cluster.type('kubectl create deployment web --image=nginx --replicas=2')).toBe(
      'deployment.apps/web created\n',
    );
  });

  it('opens the editor for kubectl edit and applies what is saved', async () => {
    say({ kind: 'line', text: 'kubectl edit deployment web' });
    expect(await cluster.runUntil(() => edit !== undefined, 10 * SECOND)).toBe(true);
    say({ kind: 'edited', text: (edit?.text ?? '').replace('replicas: 2', 'replicas: 3') });
    expect(await cluster.runUntil(() => replicas() === 3, 10 * SECOND)).toBe(true);
    await cluster.runFor(SECOND);
    expect(cluster.view.sessions.get(1)?.text).toContain('deployment.apps/web edited');
  });

  it('takes a here-document over several lines', async () => {
    expect(await cluster.type('kubectl apply -f - <<EOF')).toBe('');
    for (const line of ['apiVersion: v1', 'kind: ConfigMap', 'metadata: {name: here}', 'data: {a: "1"}'])
      await cluster.type(line);
    expect(await cluster.type('EOF')).toBe('configmap/here created\n');
    // A here-string ends with its line.
    expect(await cluster.type('cat <<< EOF')).toBe('EOF\n');
  });

  it('ends a watch with Ctrl-C and keeps what was printed', async () => {
    const shown = await cluster.type('kubectl get deployment web -w', 3 * SECOND);
    expect(shown).toMatch(/^NAME +READY/);
    expect(shown).toContain('^C');
    expect(await cluster.type('echo back')).toBe('back\n');
  });

  it('keeps variables and directory from line to line, and sessions apart', async () => {
    await cluster.type('X=1; cd /tmp');
    expect(await cluster.type('echo $X $PWD')).toBe('1 /tmp\n');
    expect(await cluster.type('echo "$X" $PWD', MINUTE, 2)).toBe(' /home/user\n');
  });

  it('moves etcd’s leader and reaches machines by ssh', async () => {
    const members = (await cluster.type('etcdctl endpoint status'))
      .trim()
      .split('\n')
      .map((line) => line.split(', '));
    const follower = members.find((columns) => columns[8] === 'false')?.[1] ?? '';
    expect(await cluster.type(`etcdctl move-leader ${follower}`)).toContain(`to ${follower}`);
    expect(await cluster.type('ssh worker-1 hostname')).toBe('worker-1\n');
    expect(await cluster.type('ssh worker-1 nonsense')).toBe('-bash: nonsense: command not found\n');
    const written = 'rm -rf /var/lib/etcd; ls /var/lib/etcd; sleep 3; ls /var/lib/etcd';
    expect(await cluster.type(`ssh cp-3 "${written}"`)).toBe('ls: /var/lib/etcd: No such file or directory\nmember\n');
    expect(await cluster.type('ssh nowhere')).toBe(
      'ssh: Could not resolve hostname nowhere: Name or service not known\n',
    );
  });

  it('looks into a pod with an ephemeral container, which stays in its record', async () => {
    await cluster.type('kubectl run box --image=nginx; kubectl wait pod/box --for=condition=Ready');
    say({ kind: 'line', text: 'kubectl debug box -it --image=busybox -c look --profile=general' });
    const shown = (): string => cluster.view.sessions.get(1)?.text ?? '';
    expect(await cluster.runUntil(() => shown().includes('try pressing enter'), MINUTE)).toBe(true);
    say({ kind: 'stdin', text: 'wget -qO- localhost | head -n 4\n' });
    expect(await cluster.runUntil(() => shown().includes('Welcome to nginx'), 10 * SECOND)).toBe(true);
    say({ kind: 'stdin', text: 'exit 3\n' });
    expect(await cluster.runUntil(() => cluster.view.sessions.get(1)?.prompt === true, 10 * SECOND)).toBe(true);
    await cluster.runFor(3 * SECOND);
    expect(
      await cluster.type(
        "kubectl get pod box -o jsonpath='{.status.phase} {.status.ephemeralContainerStatuses[0].state.terminated.exitCode}'",
      ),
    ).toBe('Running 3');
    expect(await cluster.type('kubectl describe pod box')).toMatch(/\nEphemeral Containers:\n {2}look:\n/);
  });

  it('forwards a port in the background until the job is killed', async () => {
    await cluster.type('kubectl run far --image=nginx --port=80; kubectl wait pod/far --for=condition=Ready');
    expect(await cluster.type('kubectl port-forward pod/far 8080:80 &')).toMatch(/^\[1\] \d+\n/);
    await cluster.runFor(SECOND);
    expect(cluster.view.sessions.get(1)?.text).toContain(
      'Forwarding from 127.0.0.1:8080 -> 80\nForwarding from [::1]:8080 -> 80\n',
    );
    const page = await cluster.type('curl -s localhost:8080 | head -n 4');
    expect(page).toContain('Handling connection for 8080\n');
    expect(page).toContain('Welcome to nginx!');
    expect(await cluster.type('kubectl port-forward pod/far 8080:80')).toBe(
      'Unable to listen on port 8080: Listeners failed to create with the following errors: [unable to create listener: Error listen tcp4 127.0.0.1:8080: bind: address already in use unable to create listener: Error listen tcp6 [::1]:8080: bind: address already in use]\nerror: unable to listen on any of the requested ports: [{8080 80}]\n',
    );
    expect(await cluster.type('jobs')).toBe('[1]+  Running                 kubectl port-forward pod/far 8080:80 &\n');
    expect(await cluster.type('sleep 100', 2 * SECOND)).toContain('^C');
    expect(await cluster.type('curl -s localhost:8080 | grep -c Welcome')).toMatch(/[12]\n$/);
    await cluster.type('kill %1');
    expect(await cluster.type('sleep 1')).toBe('[1]+  Terminated              kubectl port-forward pod/far 8080:80\n');
    expect(await cluster.type('curl localhost:8080')).toBe(
      'curl: (7) Failed to connect to localhost port 8080 after 1 ms: Could not connect to server\n',
    );
  });

  it('loses a forwarded port whose pod does not answer, and ends with Ctrl-C', async () => {
    await cluster.type('kubectl port-forward pod/far 8081:81 &');
    await cluster.runFor(SECOND);
    const shown = await cluster.type('curl -s localhost:8081; sleep 1');
    expect(shown).toMatch(
      /portforward\.go:424\] "Unhandled Error" err="an error occurred forwarding 8081 -> 81: failed to/,
    );
    expect(shown).toContain('error: lost connection to pod\n[1]+  Exit 1                  kubectl port-forward');
    expect(await cluster.type('kubectl port-forward pod/far 8082:80', 2 * SECOND)).toContain('^C');
    expect(await cluster.type('curl localhost:8082')).toContain('Could not connect');
  });

  it('serves the API through kubectl proxy, watches too', async () => {
    await cluster.type('kubectl proxy --port=8001 &');
    await cluster.runFor(SECOND);
    expect(cluster.view.sessions.get(1)?.text).toContain('Starting to serve on 127.0.0.1:8001\n');
    expect(await cluster.type('curl -s localhost:8001/api/v1/namespaces/default/pods/far | grep -c uid')).toBe('1\n');
    expect(await cluster.type('curl -si localhost:8001/api/v1/namespaces/default/pods/far/exec')).toMatch(
      /^HTTP\/1.1 403 Forbidden[\s\S]*\nForbidden\n$/,
    );
    expect(await cluster.type('curl -s -H Host:evil localhost:8001/api')).toBe('Forbidden\n');
    expect(await cluster.type('kubectl proxy')).toBe(
      'error: listen tcp 127.0.0.1:8001: bind: address already in use\n',
    );
    const events = await cluster.type(
      'curl -s "localhost:8001/api/v1/namespaces?watch=1&timeoutSeconds=2" | head -n 1',
    );
    expect(events).toMatch(/^\{"type":"ADDED"/);
    await cluster.type('kill %kubectl; wait');
  });
});
