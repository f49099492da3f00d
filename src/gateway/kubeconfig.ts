import { chmodSync, writeFileSync } from 'node:fs';

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

/** Only its owner may read it: it holds the token. */
export function writeKubeconfig(file: string, server: string): void {
  writeFileSync(file, kubeconfigOf(server), { mode: 0o600 });
  // The mode above counts only for a new file.
  chmodSync(file, 0o600);
}
