import { connectHub, workersSupported } from '../session/connect.ts';
import { failed, useRun } from '../session/control.ts';
import { startPage } from './start.tsx';

startPage(workersSupported() ? connectHub(failed) : undefined);

/** For the browser's console and for scripts: the run that the page shows. */
Object.defineProperty(globalThis, 'kubarium', { value: { session: () => useRun.getState().session } });
