import type { Plugin } from 'vite';

export function kubernetesTexts(): Plugin;
