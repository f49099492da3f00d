import { connectHub, workersSupported } from '../session/connect.ts';
import { failed } from '../session/control.ts';
import { startPage } from './start.tsx';

startPage(workersSupported() ? connectHub(failed) : undefined);
