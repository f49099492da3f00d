import { certificateText } from './certificate.ts';

/** Where kubeadm puts etcd's certificates. */
export const ETCD_PKI_DIRECTORY = '/etc/kubernetes/pki/etcd';
/** The apiserver's, beside that directory. */
export const APISERVER_ETCD_CLIENT = '/etc/kubernetes/pki/apiserver-etcd-client';

const ISSUER = 'etcd-ca';
const KEY = '-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n';

function pair(name: string, subject: string): Record<string, string> {
  return { [`${name}.crt`]: certificateText({ subject, issuer: ISSUER }), [`${name}.key`]: KEY };
}

/** What every holder of them has: the authority, and the certificate of whoever asks for health. */
export const etcdPki: Readonly<Record<string, string>> = {
  'ca.crt': certificateText({ subject: ISSUER, issuer: ISSUER }),
  ...pair('healthcheck-client', 'kube-etcd-healthcheck-client'),
};

/** Files of one control-plane machine, by path. Models cmd/kubeadm/app/phases/certs. */
export function etcdPkiOf(machine: string): Record<string, string> {
  const inside = { ...etcdPki, ...pair('server', machine), ...pair('peer', machine) };
  const files = Object.entries(inside).map(([name, text]) => [`${ETCD_PKI_DIRECTORY}/${name}`, text]);
  return {
    ...Object.fromEntries(files),
    [`${APISERVER_ETCD_CLIENT}.crt`]: certificateText({ subject: 'kube-apiserver-etcd-client', issuer: ISSUER }),
    [`${APISERVER_ETCD_CLIENT}.key`]: KEY,
  };
}
