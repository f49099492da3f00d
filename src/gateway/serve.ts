// `npm run serve`: a cluster without a page, for kubectl, helm and client libraries. See serve-options.ts for the flags.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeKubeconfig } from './kubeconfig.ts';
import { parseServeOptions, type ServeOptions } from './serve-options.ts';
import { startServing } from './serving.ts';

/** How often it is seen whether the run still goes. */
const LOOK_INTERVAL_MS = 1_000;

const log = (text: string): void => console.error(text);

async function serve(options: ServeOptions): Promise<void> {
  // Before the cluster is there, nothing needs to be ended.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(0));
  let ending = false;
  const { topology, seed } = options;
  log(`booting ${topology.controlPlanes} control planes and ${topology.workers} workers, seed ${seed} …`);
  const starting = startServing(options);
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    const { session, close } = await starting;
    await close();
    if (options.recording !== undefined) writeFileSync(options.recording, JSON.stringify(await session.export()));
    process.exit(code);
  };
  const { address, session } = await starting;
  const kubeconfig = resolve(options.kubeconfig ?? join(mkdtempSync(join(tmpdir(), 'kubarium-')), 'kubeconfig'));
  writeKubeconfig(kubeconfig, address);
  console.log(JSON.stringify({ ready: true, server: address, kubeconfig }));
  log(`every node is Ready. Try: kubectl --kubeconfig ${kubeconfig} get nodes`);
  const look = async (): Promise<void> => {
    const { error } = await session.status();
    if (error === undefined || ending) return;
    log(`the run failed: ${error}`);
    await end(1);
  };
  setInterval(() => void look(), LOOK_INTERVAL_MS);
}

try {
  await serve(parseServeOptions(process.argv.slice(2)));
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
