import { startPage } from '../../src/ui/app/start.tsx';
import { useView } from '../../src/ui/stores/view-store.ts';
import { useTrace } from '../../src/ui/stores/trace-store.ts';
import { demoHub } from './demo-session.ts';

startPage(demoHub);
Object.assign(globalThis, { kubariumView: useView, kubariumTrace: useTrace });
