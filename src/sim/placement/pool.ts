export { createPool } from './workers.ts';
