import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A kubeconfig that needs no credentials: over plain HTTP kubectl would send none, so the secret is in the address.
 * Client libraries for JavaScript want to be told that there is no TLS.
 */
export function kubeconfigOf(server: string): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: kubarium
  cluster:
    server: ${server}
    insecure-skip-tls-verify: true
contexts:
- name: kubernetes-admin@kubarium
  context:
    cluster: kubarium
    user: kubernetes-admin
current-context: kubernetes-admin@kubarium
users:
- name: kubernetes-admin
  user: {}
`;
}

/** Only its owner may read it: it holds the token. A file that is there, whoever may read it, is replaced and not written to. */
export function writeKubeconfig(file: string, server: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, kubeconfigOf(server), { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
}
