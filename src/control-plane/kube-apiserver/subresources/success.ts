import type { Status } from '../../../api/types.gen.ts';

/** What a sub-resource that makes nothing answers. */
export const EMPTY_SUCCESS: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
