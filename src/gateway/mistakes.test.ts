import { describeParity } from './parity.testing.ts';

describeParity(/^mistakes.*\.txt$/);
