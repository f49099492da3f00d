// `npm run serve`: a cluster without a page, for kubectl, helm and client libraries. See serve-options.ts for the flags.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_EPOCH } from '../cluster/cluster.ts';
import { MINUTE, type Micros } from '../sim/env.ts';
import type { Session } from '../sim/session.ts';
import { bootUntilReady, createRun, goOn } from './cluster-behind.ts';
import { DoorServer, type DoorLink } from './door-server.ts';
import { newToken } from './guard.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { Door } from './protocol.ts';
import { Upgrades } from './upgrade.ts';
import { parseServeOptions, type ServeOptions } from './serve-options.ts';

/** Virtual time that a cluster is given to be Ready in; then it catches up with the clock of this machine. */
const BOOT_TIME = 3 * MINUTE;

const log = (text: string): void => console.error(text);
const wallNow = (): Micros => Date.now() * 1_000;

async function serve(options: ServeOptions): Promise<void> {
  // At full speed the cluster's clock soon leaves every real one behind, so it may as well begin where tests do.
  const epoch = options.speed === Infinity ? DEFAULT_EPOCH : wallNow() - BOOT_TIME;
  let open = false;
  const { topology, seed, speed } = options;
  const session: Session = createRun({ topology, seed, epoch, hear: (text) => server.hear(text) });
  const link: DoorLink = {
    send: (input) => void session.input({ kind: 'text', process: Door.process, text: JSON.stringify(input) }),
    isOpen: () => open,
  };
  const token = options.token ?? newToken();
  const server = new DoorServer(link, token);

  new Upgrades(server);

  let ending = false;
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    open = false;
    await server.close();
    await session.pause();
    if (options.recording !== undefined) writeFileSync(options.recording, JSON.stringify(await session.export()));
    await session.stop();
    process.exit(code);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(0));

  log(`booting ${topology.controlPlanes} control planes and ${topology.workers} workers, seed ${seed} …`);
  await bootUntilReady(session, topology);
  if (ending) return;
  await goOn(session, epoch, wallNow(), speed);
  const port = await listen(server, options.port);
  const address = `http://127.0.0.1:${port}/${token}`;
  const kubeconfig = resolve(options.kubeconfig ?? join(mkdtempSync(join(tmpdir(), 'kubarium-')), 'kubeconfig'));
  writeKubeconfig(kubeconfig, address);
  open = true;
  console.log(JSON.stringify({ ready: true, server: address, kubeconfig }));
  log(`every node is Ready. Try: kubectl --kubeconfig ${kubeconfig} get nodes`);
  const watching = setInterval(() => void lookAfter(), LOOK_INTERVAL_MS);
  const lookAfter = async (): Promise<void> => {
    const { error } = await session.status();
    if (error === undefined || ending) return;
    clearInterval(watching);
    log(`the run failed: ${error}`);
    await end(1);
  };
}

/** How often it is seen whether the run still goes. */
const LOOK_INTERVAL_MS = 1_000;

function listen({ server }: DoorServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

try {
  await serve(parseServeOptions(process.argv.slice(2)));
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
