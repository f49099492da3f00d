import type { FlagSpec } from './flags.ts';

export const FILENAME_FLAG: FlagSpec = {
  name: 'filename',
  short: 'f',
  type: 'slice',
  usage: 'Manifest files, directories, or - for standard input.',
};
export const RECURSIVE_FLAG: FlagSpec = {
  name: 'recursive',
  short: 'R',
  type: 'bool',
  fallback: 'false',
  usage: 'Take directories with everything below them.',
};
export const FILE_FLAGS: readonly FlagSpec[] = [
  FILENAME_FLAG,
  RECURSIVE_FLAG,
  { name: 'kustomize', short: 'k', type: 'string', usage: 'Directory with a kustomization.' },
];

export const SELECTOR_FLAG: FlagSpec = {
  name: 'selector',
  short: 'l',
  type: 'string',
  usage: 'Label query, such as app=web,tier!=db.',
};
export const FIELD_SELECTOR_FLAG: FlagSpec = {
  name: 'field-selector',
  type: 'string',
  usage: 'Field query, such as status.phase=Running.',
};
export const SELECTOR_FLAGS: readonly FlagSpec[] = [SELECTOR_FLAG, FIELD_SELECTOR_FLAG];

export const ALL_NAMESPACES_FLAG: FlagSpec = {
  name: 'all-namespaces',
  short: 'A',
  type: 'bool',
  fallback: 'false',
  usage: 'In every namespace.',
};
export const ALL_FLAG: FlagSpec = {
  name: 'all',
  type: 'bool',
  fallback: 'false',
  usage: 'All objects of the given type in the namespace.',
};

export const CASCADE_FLAG: FlagSpec = {
  name: 'cascade',
  type: 'string',
  fallback: 'background',
  bare: 'background',
  usage: 'background, orphan or foreground: what becomes of dependents.',
};

export function fieldManagerFlag(manager: string): FlagSpec {
  return {
    name: 'field-manager',
    type: 'string',
    fallback: manager,
    usage: 'Name under which ownership of fields is kept.',
  };
}

/** What every command takes. */
export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  { name: 'namespace', short: 'n', type: 'string', usage: 'Namespace to work in.' },
  { name: 'context', type: 'string', usage: 'Context of the kubeconfig to use.' },
  { name: 'cluster', type: 'string', usage: 'Cluster of the kubeconfig to use.' },
  { name: 'user', type: 'string', usage: 'User of the kubeconfig to use.' },
  { name: 'kubeconfig', type: 'string', usage: 'Path to the kubeconfig.' },
  { name: 'server', short: 's', type: 'string', usage: 'Address of the API server.' },
  { name: 'as', type: 'string', usage: 'User to act as.' },
  { name: 'as-group', type: 'array', usage: 'Group to act as; can be repeated.' },
  { name: 'as-uid', type: 'string', usage: 'UID to act as.' },
  { name: 'as-user-extra', type: 'array', usage: 'Extra attribute to act with; can be repeated.' },
  {
    name: 'request-timeout',
    type: 'string',
    fallback: '0',
    usage: 'How long to wait for one request, such as 2s; 0: no limit.',
  },
  { name: 'token', type: 'string', usage: 'Bearer token.' },
  {
    name: 'insecure-skip-tls-verify',
    type: 'bool',
    fallback: 'false',
    usage: 'Do not check the certificate of the server.',
  },
  {
    name: 'certificate-authority',
    type: 'string',
    usage: 'Path to the authority that signed the certificate of the server.',
  },
  { name: 'client-certificate', type: 'string', usage: 'Path to the certificate of the client.' },
  { name: 'client-key', type: 'string', usage: 'Path to the key of the client.' },
  { name: 'tls-server-name', type: 'string', usage: 'Name to check the certificate of the server against.' },
  { name: 'disable-compression', type: 'bool', fallback: 'false', usage: 'Ask for answers that are not compressed.' },
  { name: 'match-server-version', type: 'bool', fallback: 'false', usage: 'Insist on the version of the server.' },
  { name: 'cache-dir', type: 'string', usage: 'Where to keep what discovery said.' },
  { name: 'kuberc', type: 'string', usage: 'Path to the preferences file.' },
  { name: 'warnings-as-errors', type: 'bool', fallback: 'false', usage: 'Exit with an error if the server warns.' },
  { name: 'profile', type: 'string', fallback: 'none', usage: 'Profile to record.' },
  { name: 'profile-output', type: 'string', usage: 'Where to record it.' },
  { name: 'v', short: 'v', type: 'int', fallback: '0', usage: 'Verbosity of the log.' },
];
