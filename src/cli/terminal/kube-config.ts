import { isObject } from '../../lib/json.ts';
import type { FileSystem } from '../../unix/file-system.ts';
import type { KubeConfig, KubeConfigFile } from '../kubectl/io.ts';
import type { Obj } from '../kubectl/server.ts';
import { textToBase64 } from '../text/base64.ts';
import { emitYaml } from '../text/yaml-emit.ts';
import { parseYaml } from '../text/yaml-parse.ts';

/** What kubeadm leaves in ~/.kube/config. A certificate is the name that it certifies. */
export function adminConfig(server: string): string {
  const name = 'kubernetes-admin@kubernetes';
  return kubeConfigText({
    currentContext: name,
    clusters: { kubernetes: { 'certificate-authority-data': textToBase64('CN=kubernetes\n'), server } },
    contexts: { [name]: { cluster: 'kubernetes', user: 'kubernetes-admin' } },
    users: {
      'kubernetes-admin': {
        'client-certificate-data': textToBase64('O=system:masters,CN=kubernetes-admin\n'),
        'client-key-data': textToBase64('key of kubernetes-admin\n'),
      },
    },
  });
}

/** A kubeconfig file, read anew for every use so that all sessions agree. */
export function kubeConfig(fs: FileSystem, path: string): KubeConfig {
  return {
    path,
    load: () => (fs.kind(path) === 'file' ? parseKubeConfig(fs.read(path)) : EMPTY),
    save: (file) => fs.write(path, kubeConfigText(file)),
  };
}

const EMPTY: KubeConfigFile = { currentContext: '', clusters: {}, contexts: {}, users: {} };

function parseKubeConfig(text: string): KubeConfigFile {
  const value = parseYaml(text);
  if (!isObject(value)) return EMPTY;
  const current = value['current-context'];
  return {
    currentContext: typeof current === 'string' ? current : '',
    clusters: named(value['clusters'], 'cluster'),
    contexts: named(value['contexts'], 'context'),
    users: named(value['users'], 'user'),
  };
}

/** `[{name: a, cluster: {…}}]` by name. */
function named(value: unknown, key: string): Readonly<Record<string, Obj>> {
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(
    value.flatMap((each: unknown) => {
      if (!isObject(each) || typeof each['name'] !== 'string') return [];
      return [[each['name'], isObject(each[key]) ? (each[key] as Obj) : {}]];
    }),
  );
}

function kubeConfigText({ currentContext, clusters, contexts, users }: KubeConfigFile): string {
  const listed = (entries: Readonly<Record<string, Obj>>, key: string): Obj[] =>
    Object.keys(entries)
      .sort()
      .map((name) => ({ [key]: entries[name] ?? {}, name }));
  return emitYaml({
    apiVersion: 'v1',
    clusters: listed(clusters, 'cluster'),
    contexts: listed(contexts, 'context'),
    'current-context': currentContext,
    kind: 'Config',
    users: listed(users, 'user'),
  });
}
