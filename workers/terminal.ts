import { terminal } from '../src/cli/terminal/terminal.ts';
import { serveWorker } from '../src/sim/worker-main.ts';

serveWorker({ terminal });
