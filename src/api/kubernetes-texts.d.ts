/** Made at build by scripts/kubernetes-texts.mjs. Large: load it late. */
declare module 'virtual:kubernetes-texts' {
  import type { Texts } from './openapi.ts';

  export const TEXTS: Texts;
}
