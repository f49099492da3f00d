import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { replayRecording } from '../cluster/replay.ts';
import { programs } from '../cluster/programs.ts';
import { parseRecording } from '../cluster/recording.ts';
import { createInThread } from '../sim/placement/in-thread.ts';
import { Bench, realKubectl } from './clients.testing.ts';
import { BODY_LIMIT, UNREAD_LIMIT } from './door-server.ts';

let bench: Bench;
const address = (): string => bench.serving.address;
const port = (): number => Number(new URL(address()).port);

beforeAll(async () => {
  bench = await Bench.start('--workers', '2', '--control-planes', '1');
}, 60_000);

/** The run is saved and had again without any client: this covers everything that the tests below did. */
afterAll(async () => {
  await bench.serving.close();
  const saved = parseRecording(JSON.stringify(await bench.serving.session.export()));
  await bench.serving.session.stop();
  const report = await replayRecording(saved, createInThread(programs));
  expect(report.inputs).toBeGreaterThan(20);
  expect(report.hash).toBe(saved.hash);
}, 120_000);

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options;
    const sent = request({ host: '127.0.0.1', port: port(), path, method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const below = (path: string): string => new URL(address()).pathname + path;

async function inputs(): Promise<number> {
  return (await bench.serving.session.export()).inputs.length;
}

describe('plain clients', () => {
  it('get, create and delete objects', async () => {
    const nodes = await (await fetch(`${address()}/api/v1/nodes`)).json();
    expect(nodes.items.map((node: { metadata: { name: string } }) => node.metadata.name)).toEqual([
      'cp-1',
      'worker-1',
      'worker-2',
    ]);
    const made = await fetch(`${address()}/api/v1/namespaces/default/configmaps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { name: 'ünïcode' }, data: {} }),
    });
    expect(made.status).toBe(422);
    const put = await fetch(`${address()}/api/v1/namespaces/default/configmaps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { name: 'a' }, data: { text: 'grüß → 😀' } }),
    });
    expect(put.status).toBe(201);
    const got = await (await fetch(`${address()}/api/v1/namespaces/default/configmaps/a`)).json();
    expect(got.data).toEqual({ text: 'grüß → 😀' });
    expect((await fetch(`${address()}/api/v1/namespaces/default/configmaps/a`, { method: 'DELETE' })).status).toBe(200);
  });

  it('watch: every event comes as it happens, and a client that leaves is an input', async () => {
    const response = await new Promise<IncomingMessage>((resolve) => {
      request(`${address()}/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=0`, resolve).end();
    });
    const event = new Promise<string>((resolve) => {
      let text = '';
      response.on('data', (data: Buffer) => {
        text += data.toString();
        if (text.includes('"seen"')) resolve(text);
      });
    });
    await fetch(`${address()}/api/v1/namespaces/default/configmaps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { name: 'seen' } }),
    });
    expect(await event).toContain('"type":"ADDED"');
    const before = await inputs();
    response.destroy();
    while ((await inputs()) === before) await new Promise(setImmediate);
    const all = (await bench.serving.session.export()).inputs;
    expect(JSON.stringify(all.slice(before))).toMatch(/\\"t\\":\\"(cancel|gone)\\"/);
  });
});

describe('who is not let in', () => {
  it.each([
    ['a wrong token', '/00000000000000000000000000000000/api/v1/nodes', {}],
    ['no token', '/api/v1/nodes', {}],
    ['a foreign Host', undefined, { host: 'evil.example:80' }],
    ['an Origin', undefined, { origin: 'http://127.0.0.1:4173' }],
    ['a null Origin', undefined, { origin: 'null' }],
    ['a page', undefined, { 'sec-fetch-site': 'same-origin' }],
  ])('%s: 403, and no input', async (_name, path, headers) => {
    const before = await inputs();
    const answer = await ask(path ?? below('/api/v1/nodes'), { headers });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', code: 403, reason: 'Forbidden' });
    expect(await inputs()).toBe(before);
  });

  it('a 100 MB body: 413, announced or in chunks, and no input', async () => {
    const before = await inputs();
    const size = 100 * 1024 * 1024;
    const announced = await send(
      `POST ${below('/api/v1/namespaces')} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${size}\r\n\r\n`,
      '',
    );
    expect(announced).toContain('413 Payload Too Large');
    expect(announced).toContain(`limit is ${BODY_LIMIT}`);
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const chunked = await send(
      `POST ${below('/api/v1/namespaces')} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n`,
      piece.repeat(64),
    );
    expect(chunked).toContain('413 Payload Too Large');
    expect(await inputs()).toBe(before);
  });

  it('a broken chunk and half a request: no input, and everybody else goes on', async () => {
    const before = await inputs();
    const broken = await send(
      `POST ${below('/api/v1/namespaces')} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n`,
      'zz\r\nnot a chunk\r\n',
    );
    expect(broken).not.toContain('HTTP/1.1 2');
    const halves = Array.from({ length: 50 }, () => {
      const socket = connect(port(), '127.0.0.1');
      socket.on('error', () => socket.destroy());
      socket.write(`POST ${below('/api/v1/namespaces')} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nhalf`);
      return socket;
    });
    expect(await inputs()).toBe(before);
    expect((await ask(below('/version'))).status).toBe(200);
    for (const socket of halves) socket.destroy();
  });

  it('a flood is answered, every request of it', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask(below('/api/v1/namespaces/default'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

/** Sends bytes as they are; resolves with what came until the other side closed, or was silent. */
function send(head: string, body: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port(), '127.0.0.1');
    let text = '';
    socket.on('data', (data: Buffer) => {
      text += data.toString();
      if (/\r\n\r\n[^]*\}\n$/.test(text)) socket.end();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(text));
    socket.write(head + body);
  });
}

describe('slow readers and client libraries', () => {
  it('cuts a client that reads nothing, as an input, and nobody else', async () => {
    const post = (i: number): Promise<Response> =>
      fetch(`${address()}/api/v1/namespaces/default/configmaps`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ metadata: { name: `big-${i}` }, data: { text: 'x'.repeat(900_000) } }),
      });
    const socket = connect(port(), '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => socket.destroy());
    socket.write(`GET ${below('/api/v1/configmaps?watch=1')} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    socket.pause();
    for (let i = 0; i < 26; i++) {
      expect((await post(i)).status).toBe(201);
      await fetch(`${address()}/api/v1/namespaces/default/configmaps/big-${i}`, { method: 'DELETE' });
    }
    socket.resume();
    await closed;
    const { inputs: all } = await bench.serving.session.export();
    expect(
      all.filter((input) => input.kind === 'text' && input.text.includes(`more than ${UNREAD_LIMIT} bytes unread`))
        .length,
    ).toBe(1);
  }, 60_000);

  it('@kubernetes/client-node: an informer sees what is made and removed', async () => {
    const config = new KubeConfig();
    config.loadFromFile(bench.kubeconfig);
    const api = config.makeApiClient(CoreV1Api);
    const informer = makeInformer<V1ConfigMap>(config, '/api/v1/namespaces/default/configmaps', () =>
      api.listNamespacedConfigMap({ namespace: 'default' }),
    );
    const named = (verb: 'add' | 'delete', name: string): Promise<void> =>
      new Promise((resolve) => informer.on(verb, (object) => (object.metadata?.name === name ? resolve() : undefined)));
    const [added, deleted] = [named('add', 'informed'), named('delete', 'informed')];
    await informer.start();
    await api.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'informed' } } });
    await added;
    await api.deleteNamespacedConfigMap({ namespace: 'default', name: 'informed' });
    await deleted;
    await informer.stop();
  }, 60_000);
});

const describeKubectl = realKubectl === undefined ? describe.skip : describe;
if (realKubectl === undefined)
  console.warn('real kubectl is not here (node scripts/real-clients.mjs): its tests are skipped');

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: nginx, image: nginx }] }
`;

describeKubectl('real kubectl', () => {
  it('makes, changes and removes what it is told to', async () => {
    const done = async (args: string[], stdin?: string): Promise<string> => {
      const { code, stdout, stderr } = await bench.kubectl(args, stdin);
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
      return stdout;
    };
    expect(await done(['apply', '-f', '-'], DEPLOYMENT)).toBe('deployment.apps/web created\n');
    expect(await done(['apply', '-f', '-'], DEPLOYMENT)).toBe('deployment.apps/web unchanged\n');
    expect(await done(['rollout', 'status', 'deploy/web', '--timeout=60s'])).toContain('successfully rolled out');
    expect(await done(['scale', 'deploy/web', '--replicas=3'])).toBe('deployment.apps/web scaled\n');
    expect(await done(['label', 'deploy/web', 'tier=front'])).toBe('deployment.apps/web labeled\n');
    expect(await done(['patch', 'deploy/web', '-p', '{"spec":{"minReadySeconds":1}}'])).toBe(
      'deployment.apps/web patched\n',
    );
    expect(await done(['wait', '--for=condition=Available', 'deploy/web', '--timeout=60s'])).toBe(
      'deployment.apps/web condition met\n',
    );
    expect(await done(['expose', 'deploy/web', '--port=80'])).toBe('service/web exposed\n');
    expect(await done(['get', 'deploy', 'web', '-o', 'jsonpath={.spec.replicas} {.metadata.labels.tier}'])).toBe(
      '3 front',
    );
    expect(await done(['drain', 'worker-1', '--ignore-daemonsets', '--timeout=60s'])).toContain(
      'node/worker-1 drained\n',
    );
    expect(await done(['uncordon', 'worker-1'])).toBe('node/worker-1 uncordoned\n');
    expect(await done(['delete', 'svc/web'])).toBe('service "web" deleted from default namespace\n');
  }, 120_000);

  it('writes protobuf with create', async () => {
    const create = (...words: string[]): Promise<string> =>
      bench.kubectl(['create', ...words]).then(({ stdout, stderr }) => stdout + stderr);
    expect(await create('configmap', 'made', '--from-literal=a=b', '--from-literal=e=')).toBe(
      'configmap/made created\n',
    );
    expect(await create('secret', 'generic', 'made', '--from-literal=a=b')).toBe('secret/made created\n');
    expect(await create('namespace', 'made')).toBe('namespace/made created\n');
    expect(await create('service', 'nodeport', 'made', '--tcp=80:http', '--node-port=30123')).toBe(
      'service/made created\n',
    );
    expect(await create('deployment', 'made', '--image=nginx', '--replicas=0', '--port=80')).toBe(
      'deployment.apps/made created\n',
    );
    const get = async (path: string) => (await fetch(`${address()}${path}`)).json();
    expect(await get('/api/v1/namespaces/default/configmaps/made')).toMatchObject({ data: { a: 'b', e: '' } });
    expect(await get('/api/v1/namespaces/default/secrets/made')).toMatchObject({ type: 'Opaque', data: { a: 'Yg==' } });
    expect(await get('/api/v1/namespaces/default/services/made')).toMatchObject({
      spec: { ports: [{ name: '80-http', port: 80, targetPort: 'http', nodePort: 30123, protocol: 'TCP' }] },
    });
    expect(await get('/apis/apps/v1/namespaces/default/deployments/made')).toMatchObject({
      spec: { replicas: 0, template: { spec: { containers: [{ name: 'nginx', ports: [{ containerPort: 80 }] }] } } },
    });
    await bench.kubectl(['delete', 'cm/made', 'secret/made', 'svc/made', 'deploy/made', 'ns/made']);
  }, 60_000);

  it('forwards ports, over WebSocket and over SPDY', async () => {
    for (const webSockets of ['true', 'false']) {
      const forward = bench.start(['port-forward', 'deploy/web', ':80'], {
        KUBECTL_PORT_FORWARD_WEBSOCKETS: webSockets,
      });
      const [, local] = /127\.0\.0\.1:(\d+) -> 80/.exec(await forward.until('-> 80')) ?? [];
      for (let i = 0; i < 3; i++) {
        const response = await fetch(`http://127.0.0.1:${local ?? ''}/`);
        expect(await response.text()).toContain('Welcome to nginx!');
      }
      expect((await fetch(`http://127.0.0.1:${local ?? ''}/nothing`)).status).toBe(404);
      forward.child.kill();
    }
  }, 60_000);

  it('follows logs, watches, and talks to containers; no byte is lost', async () => {
    expect((await bench.kubectl(['run', 'box', '--image=nginx'])).stdout).toBe('pod/box created\n');
    await bench.kubectl(['wait', '--for=condition=Ready', 'pod/box', '--timeout=60s']);
    const logs = bench.start(['logs', '-f', 'box']);
    await logs.until('ready for start up');
    logs.child.kill();
    expect(await bench.kubectl(['exec', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'])).toMatchObject({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\ncommand terminated with exit code 3\n',
    });
    // As kubectl before v1.31 does it.
    const spdy = { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' };
    expect(await bench.kubectl(['exec', '-i', 'box', '--', 'sh', '-c', 'cat; exit 3'], 'in', spdy)).toMatchObject({
      code: 3,
      stdout: 'in',
      stderr: 'command terminated with exit code 3\n',
    });
    expect((await bench.kubectl(['exec', 'box', '-c', 'none', '--', 'ls'])).stderr).toBe(
      'Error from server (BadRequest): container none is not valid for pod box\n',
    );
    const screen = await typed('box', 'echo $((20+1))x\x7f\r', 'exit 4\r');
    expect(screen).toContain('/ # echo $((20+1))x\b\x1b[K\r\n');
    expect(screen).toContain('\n21\r\n/ # ');
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919 + (i >> 8) * 31) & 0xff);
    const echoed = await bench.kubectl(['exec', '-i', 'box', '--', 'sh', '-c', 'cat > /tmp/b; cat /tmp/b'], bytes);
    expect(echoed.bytes.equals(bytes)).toBe(true);
    const watch = bench.start(['get', 'pods', '-w']);
    await watch.until(/box .*Running/);
    await bench.kubectl(['delete', 'pod', 'box', '--now']);
    await watch.until(/box .*Terminating/);
    watch.child.kill();
  }, 120_000);

  it.each([
    'get nodes',
    'get nodes -o wide',
    'get pods -A',
    'get all',
    'get deploy web -o yaml',
    'get deploy web -o json',
    'get pods -l app=web -o name',
    'get pods -A -o wide --no-headers',
    'get svc kubernetes -o yaml',
    'describe svc kubernetes',
    'describe deploy web',
    'describe node worker-2',
    'api-resources',
    'api-versions',
    'get pod nothing',
    'get things',
    'delete pod nothing',
    'logs nothing',
    'rollout history deploy/web',
  ])(
    'prints the same as ours: kubectl %s',
    async (line) => {
      const real = await bench.kubectl(line.split(' '));
      const ours = await bench.type(`kubectl ${line}`);
      expect(withoutAges(ours)).toBe(withoutAges(real.stdout + real.stderr));
    },
    60_000,
  );
});

/** Types keys into `exec -it POD -- sh`, each at a prompt, as a person does; returns what the screen got until the shell ended. */
function typed(pod: string, ...keys: readonly string[]): Promise<string> {
  const path = `/api/v1/namespaces/default/pods/${pod}/exec?command=sh&stdin=true&stdout=true&tty=true`;
  const socket = new WebSocket(`${address().replace('http', 'ws')}${path}`, ['v5.channel.k8s.io']);
  return new Promise((resolve, reject) => {
    let screen = '';
    socket.on('error', reject);
    const waiting = [...keys];
    socket.on('message', (message: Buffer) => {
      if (message[0] !== 1) return;
      screen += message.toString('utf8', 1);
      const next = screen.endsWith('/ # ') ? waiting.shift() : undefined;
      if (next !== undefined) socket.send(Buffer.from(`\0${next}`));
    });
    socket.on('close', () => resolve(screen));
  });
}

/** Ages are counted by each client's own clock. */
function withoutAges(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/\b(\d+[dhms])+(?= |$|\))/g, 'AGE').replace(/ {2,}/g, '  '))
    .join('\n');
}
