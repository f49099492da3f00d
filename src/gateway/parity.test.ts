import { describeParity } from './parity.testing.ts';

describeParity(/^parity.*\.txt$/);
