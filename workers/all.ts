import { programs } from '../src/cluster/programs.ts';
import { serveWorker } from '../src/sim/worker-main.ts';

/** Every program: for placements that put many machines into one worker. */
serveWorker(programs);
