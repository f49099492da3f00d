import { door } from '../src/cli/door/door.ts';
import { internet } from '../src/cli/internet/internet.ts';
import { registry } from '../src/node/registry/registry.ts';
import { serveWorker } from '../src/sim/worker-main.ts';

/** What is outside the cluster. */
serveWorker({ door, internet, registry });
