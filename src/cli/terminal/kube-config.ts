import { isObject } from '../../lib/json.ts';
import type { FileSystem } from '../../unix/file-system.ts';
import type { KubeConfig, KubeContext } from '../kubectl/io.ts';

const PATH = '/home/user/.kube/config';

interface Named {
  readonly name: string;
}

/** ~/.kube/config as kubeadm writes it (JSON is YAML too), read anew for every use so that all sessions agree. */
export function kubeConfig(fs: FileSystem, server: string): KubeConfig {
  const first: KubeContext = { name: 'kubernetes-admin@kubernetes', cluster: 'kubernetes', user: 'kubernetes-admin' };

  function load(): { current: string; contexts: KubeContext[] } {
    if (fs.kind(PATH) !== 'file') return { current: first.name, contexts: [first] };
    const config: unknown = JSON.parse(fs.read(PATH));
    if (!isObject(config)) return { current: first.name, contexts: [first] };
    const contexts = Array.isArray(config['contexts']) ? config['contexts'].flatMap(parseContext) : [];
    return { current: typeof config['current-context'] === 'string' ? config['current-context'] : '', contexts };
  }

  function save(current: string, contexts: readonly KubeContext[]): void {
    const named = (list: readonly string[], of: (name: string) => object): Named[] =>
      [...new Set(list)].map((name) => ({ name, ...of(name) }));
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: named([first.cluster, ...contexts.map(({ cluster }) => cluster)], () => ({ cluster: { server } })),
      contexts: contexts.map(({ name, cluster, user, namespace }) => ({
        name,
        context: { cluster, user, ...(namespace === undefined ? {} : { namespace }) },
      })),
      'current-context': current,
      users: named([first.user, ...contexts.map(({ user }) => user)], () => ({ user: {} })),
    };
    fs.write(PATH, `${JSON.stringify(config, null, 2)}\n`);
  }

  return {
    current: () => load().current,
    contexts: () => load().contexts,
    use: (name) => save(name, load().contexts),
    set(context) {
      const { current, contexts } = load();
      const known = contexts.some(({ name }) => name === context.name);
      save(
        current,
        known ? contexts.map((each) => (each.name === context.name ? context : each)) : [...contexts, context],
      );
    },
    remove(name) {
      const { current, contexts } = load();
      save(
        current,
        contexts.filter((context) => context.name !== name),
      );
    },
  };
}

function parseContext(value: unknown): KubeContext[] {
  if (!isObject(value) || typeof value['name'] !== 'string' || !isObject(value['context'])) return [];
  const { cluster, user, namespace } = value['context'];
  if (typeof cluster !== 'string' || typeof user !== 'string') return [];
  return [{ name: value['name'], cluster, user, ...(typeof namespace === 'string' ? { namespace } : {}) }];
}
