// `npm run serve`: a cluster without a page, for kubectl, helm and client libraries. See serve-options.ts for the flags.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeKubeconfig } from './kubeconfig.ts';
import { parseServeOptions, type ServeOptions } from './serve-options.ts';
import { startServing, type Serving } from './serving.ts';

/** How often it is seen whether the run still goes. */
const LOOK_INTERVAL_MS = 1_000;

const log = (text: string): void => console.error(text);

async function serve(options: ServeOptions): Promise<void> {
  let serving: Serving | undefined;
  let ending = false;
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    // A cluster that is not up yet has nothing to end or to save.
    if (serving !== undefined) {
      await serving.close();
      if (options.recording !== undefined)
        writeFileSync(options.recording, JSON.stringify(await serving.session.export()));
    }
    process.exit(code);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(0));
  const { topology, seed } = options;
  log(`booting ${topology.controlPlanes} control planes and ${topology.workers} workers, seed ${seed} …`);
  const kubeconfig = resolve(options.kubeconfig ?? join(mkdtempSync(join(tmpdir(), 'kubarium-')), 'kubeconfig'));
  const listening = (address: string): void => writeKubeconfig(kubeconfig, address);
  const { session, address } = (serving = await startServing({ ...options, listening }));
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

/** What went wrong, for the person who typed the command. */
function explained(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  return code === 'EADDRINUSE' ? `port ${port ?? ''} is in use: choose another with --port` : error.message;
}

try {
  await serve(parseServeOptions(process.argv.slice(2)));
} catch (error) {
  log(explained(error));
  process.exit(1);
}
