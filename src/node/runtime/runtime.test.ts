import { describe, expect, it } from 'vitest';
import { CriPaths, CriSocket, type ContainerConfig, type CriMethods } from '../../api/cri.ts';
import { SECOND, type Env, type JsonObject, type Program } from '../../sim/env.ts';
import { createHttpClient } from '../../sim/http-client.ts';
import { createSim, type Sim } from '../../sim/testing.ts';
import { registry } from '../registry/registry.ts';
import { imagePrograms } from './images/programs.ts';
import { containerRuntime } from './runtime.ts';

type Call = <M extends keyof CriMethods>(
  method: M,
  request: CriMethods[M]['request'],
) => Promise<CriMethods[M]['response']>;
type Story = (env: Env, call: Call) => Promise<void>;

/** Speaks CRI to the runtime of its machine and prints what a story prints; a refused call prints its error. */
function storyteller(stories: Readonly<Record<string, Story>>): Program {
  return (env) => {
    const client = createHttpClient(env, CriSocket, { timeout: 600 * SECOND, deadAfter: 600 * SECOND });
    const call: Call = async (method, request) => {
      const answer = await client.request({ method: 'POST', path: CriPaths[method], body: JSON.stringify(request) });
      if (answer.status !== 200) throw new Error(`refused: ${answer.body}`);
      return JSON.parse(answer.body);
    };
    env.onInput((name) =>
      env.spawn(async () => {
        try {
          await stories[name]?.(env, call);
        } catch (error) {
          env.print(`${error instanceof Error ? error.message : ''}\n`);
        }
      }),
    );
  };
}

const programs = (stories: Readonly<Record<string, Story>>) => ({
  ...imagePrograms,
  containerd: containerRuntime,
  registry,
  storyteller: storyteller(stories),
});

function machine(stories: Readonly<Record<string, Story>>): Sim {
  const argv: JsonObject = { argv: ['--registry=10.0.0.9:5000'] };
  return createSim({
    hosts: [
      { name: 'node', ip: '10.0.0.1', run: { containerd: argv, storyteller: {} } },
      { name: 'hub', ip: '10.0.0.9', run: { registry: {} } },
    ],
    programs: programs(stories),
  });
}

async function tell(stories: Readonly<Record<string, Story>>, name = 'story'): Promise<string> {
  const sim = machine(stories);
  await sim.runFor(SECOND);
  sim.input('node/storyteller', name);
  await sim.runFor(120 * SECOND);
  return sim.output('node/storyteller');
}

const sandboxConfig = {
  metadata: { name: 'p', uid: 'u', namespace: 'default', attempt: 0 },
  hostname: 'p',
  hostNetwork: false,
  labels: {},
  annotations: {},
};
const containerConfig = (image: string, command: readonly string[] = []): ContainerConfig => ({
  metadata: { name: 'c', attempt: 0 },
  image,
  command,
  args: [],
  envs: [],
  mounts: [],
  labels: {},
  annotations: {},
});

async function start(
  call: Call,
  image: string,
  command: readonly string[] = [],
): Promise<{ sandbox: string; container: string }> {
  await call('updateRuntimeConfig', { podCidr: '10.244.7.0/24' });
  await call('pullImage', { image });
  const { podSandboxId } = await call('runPodSandbox', { config: sandboxConfig });
  const { containerId } = await call('createContainer', {
    podSandboxId,
    config: containerConfig(image, command),
    sandboxConfig,
  });
  await call('startContainer', { containerId });
  return { sandbox: podSandboxId, container: containerId };
}

describe('containerd', () => {
  it('has no network until it is given one', async () => {
    const out = await tell({
      story: async (env, call) => {
        env.print(`${(await call('status', {})).conditions[1]?.message}\n`);
        await call('updateRuntimeConfig', { podCidr: '10.244.7.0/24' });
        env.print(`${(await call('status', {})).conditions[1]?.status}\n`);
        const { podSandboxId } = await call('runPodSandbox', { config: sandboxConfig });
        env.print(`${(await call('podSandboxStatus', { podSandboxId })).status.ip}\n`);
      },
    });
    expect(out).toBe('Network plugin returns error: cni plugin not initialized\ntrue\n10.244.7.2\n');
  });

  it('pulls what the registry has, in the time that its size takes, and says why not', async () => {
    const out = await tell({
      story: async (env, call) => {
        for (const image of ['nginx:1.29', 'nginx:nope', 'nope', 'example.com/x']) {
          const before = env.uptime();
          try {
            await call('pullImage', { image });
            env.print(`${image} ${Math.floor((env.uptime() - before) / 100_000)}\n`);
          } catch (error) {
            env.print(`${error instanceof Error ? error.message : ''}\n`);
          }
        }
      },
    });
    expect(out.split('\n')).toEqual([
      'nginx:1.29 10',
      'refused: {"code":"NotFound","message":"failed to pull and unpack image \\"docker.io/library/nginx:nope\\": failed to resolve reference \\"docker.io/library/nginx:nope\\": docker.io/library/nginx:nope: not found"}',
      'refused: {"code":"Unknown","message":"failed to pull and unpack image \\"docker.io/library/nope:latest\\": failed to resolve reference \\"docker.io/library/nope:latest\\": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"}',
      'refused: {"code":"Unknown","message":"failed to pull and unpack image \\"example.com/x:latest\\": failed to resolve reference \\"example.com/x:latest\\": failed to do request: Head \\"https://example.com/v2/x/manifests/latest\\": dial tcp: lookup example.com on 127.0.0.53:53: no such host"}',
      '',
    ]);
  });

  it('fails a pull from a registry that is cut off', async () => {
    const sim = machine({ story: async (_env, call) => void (await call('pullImage', { image: 'nginx' })) });
    sim.fault('partition node | hub');
    await sim.runFor(SECOND);
    sim.input('node/storyteller', 'story');
    await sim.runFor(60 * SECOND);
    expect(sim.output('node/storyteller')).toContain('dial tcp 10.0.0.9:443: i/o timeout');
  });

  it('starts, executes beside, stops with patience and remembers', async () => {
    const out = await tell({
      story: async (env, call) => {
        const { container } = await start(call, 'busybox', ['sh', '-c', 'echo up > /tmp/f; sleep 1000']);
        const run = await call('execSync', {
          containerId: container,
          cmd: ['sh', '-c', 'cat /tmp/f; echo no >&2; exit 4'],
          timeout: 0,
        });
        env.print(`${JSON.stringify(run)}\n`);
        const before = env.uptime();
        await call('stopContainer', { containerId: container, timeout: 5 });
        const { status } = await call('containerStatus', { containerId: container });
        env.print(
          `${Math.round((env.uptime() - before) / SECOND)} ${status.state} ${status.exitCode} ${status.reason}\n`,
        );
      },
    });
    expect(out).toBe('{"stdout":"up\\n","stderr":"no\\n","exitCode":4}\n5 CONTAINER_EXITED 137 Error\n');
  });

  it('refuses to start what is not in the image', async () => {
    const out = await tell({ story: async (_env, call) => void (await start(call, 'busybox', ['foo'])) });
    expect(out).toContain('exec: \\"foo\\": executable file not found in $PATH: unknown');
  });

  it('finds its containers running after a restart, and lost after a power-off', async () => {
    const list: Story = async (env, call) => {
      for (const { id } of (await call('listContainers', {})).containers) {
        const { status } = await call('containerStatus', { containerId: id });
        env.print(`${status.state} ${status.exitCode} ${status.reason}\n`);
      }
      for (const { state } of (await call('listPodSandbox', {})).items) env.print(`${state}\n`);
    };
    const sim = machine({ story: async (_env, call) => void (await start(call, 'nginx')), list });
    const say = async (name: string): Promise<string> => {
      const before = sim.output('node/storyteller').length;
      sim.input('node/storyteller', name);
      await sim.runFor(20 * SECOND);
      return sim.output('node/storyteller').slice(before);
    };
    await sim.runFor(SECOND);
    await say('story');
    expect(await say('list')).toBe('CONTAINER_RUNNING 0 \nSANDBOX_READY\n');
    sim.fault('kill node/containerd');
    await sim.runFor(10 * SECOND);
    expect(await say('list')).toBe('CONTAINER_RUNNING 0 \nSANDBOX_READY\n');
    sim.fault('power-off node');
    await sim.runFor(SECOND);
    sim.fault('power-on node');
    await sim.runFor(10 * SECOND);
    expect(await say('list')).toBe('CONTAINER_EXITED 255 Unknown\nSANDBOX_NOTREADY\n');
  });
});
