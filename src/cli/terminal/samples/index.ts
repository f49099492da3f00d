import { brokenYaml } from './broken.ts';
import { crashYaml } from './crash.ts';
import { guestbookYaml } from './guestbook.ts';
import { redisYaml } from './redis.ts';
import { webYaml } from './web.ts';

/** Manifests that the laptop has in its home directory, by file name. */
export const samples: Readonly<Record<string, string>> = {
  'broken.yaml': brokenYaml,
  'crash.yaml': crashYaml,
  'guestbook.yaml': guestbookYaml,
  'redis.yaml': redisYaml,
  'web.yaml': webYaml,
};
