import type { ContainerStatus as RuntimeContainer } from '../../../api/cri.ts';
import type { Pod } from '../../../api/types.gen.ts';
import { parseTime } from '../../../lib/time.ts';
import { SECOND } from '../../../sim/env.ts';
import type { Exchange } from '../../../sim/http.ts';
import type { Kubelet } from '../context.ts';
import { allContainers } from '../format.ts';
import { findPod, plain, type Query } from './server.ts';

/** GET /containerLogs/{namespace}/{pod}/{container}: whole lines as they are written. Models Kubelet.GetKubeletContainerLogs. */
export function sendLogs(
  kubelet: Kubelet,
  exchange: Exchange,
  [namespace = '', name = '', container = '']: readonly string[],
  query: Query,
): void {
  const pod = findPod(kubelet, namespace, name);
  if (pod === undefined) return plain(exchange, 404, `pod "${name}" does not exist`);
  if (!allContainers(pod).some((candidate) => candidate.name === container))
    return plain(exchange, 404, `container "${container}" not found in pod "${name}"`);
  const option = (key: string): string | undefined => query.get(key)?.[0];
  const previous = option('previous') === 'true';
  const found = chooseContainer(kubelet, pod, container, previous);
  if (typeof found === 'string') return plain(exchange, 400, found);
  const timestamps = option('timestamps') === 'true';
  const since = sinceOf(kubelet, option('sinceSeconds'), option('sinceTime'));
  const tail = option('tailLines');
  let left = option('limitBytes') === undefined ? Number.MAX_SAFE_INTEGER : Number(option('limitBytes'));
  const stream = exchange.start(200, { 'content-type': 'text/plain' });
  const up = kubelet.cri.stream(
    'containerLog',
    {
      containerId: found.id,
      follow: option('follow') === 'true',
      ...(tail === undefined ? {} : { tailLines: Number(tail) }),
      ...(since === undefined ? {} : { since }),
    },
    {
      data: (data) => {
        const text = plainLines(data, timestamps).slice(0, left);
        left -= text.length;
        if (text !== '') stream.send(text, 1);
        if (left <= 0) {
          up.cancel();
          stream.end();
        }
      },
      end: () => stream.end(),
      fail: () => {
        if (left > 0) stream.end();
      },
    },
  );
  exchange.on({ closed: () => up.cancel() });
}

function sinceOf(kubelet: Kubelet, seconds: string | undefined, time: string | undefined): number | undefined {
  if (seconds !== undefined) return kubelet.env.now() - Number(seconds) * SECOND;
  return time === undefined ? undefined : parseTime(time);
}

/** The container whose log is meant, or why there is none yet. */
function chooseContainer(kubelet: Kubelet, pod: Pod, name: string, previous: boolean): RuntimeContainer | string {
  const known = kubelet.pleg.get(pod.metadata.uid ?? '').containers.filter(({ metadata }) => metadata.name === name);
  const [current, before] = known;
  if (previous)
    return (
      (current?.state === 'CONTAINER_EXITED' && waitingOf(kubelet, pod, name) !== undefined ? current : before) ??
      `previous terminated container "${name}" in pod "${pod.metadata.name}" not found`
    );
  if (current !== undefined) return current;
  const waiting = waitingOf(kubelet, pod, name);
  const why =
    waiting === 'ErrImagePull' || waiting === 'ImagePullBackOff'
      ? waiting === 'ErrImagePull'
        ? "image can't be pulled"
        : 'trying and failing to pull image'
      : (waiting ?? 'ContainerCreating');
  return `container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${why}`;
}

function waitingOf(kubelet: Kubelet, pod: Pod, name: string): string | undefined {
  const status = kubelet.statuses.get(pod.metadata.uid ?? '');
  return [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find((container) => container.name === name)?.state?.waiting?.reason;
}

/** Lines of a log file as the container wrote them. */
export function plainLines(text: string, timestamps: boolean): string {
  let out = '';
  for (const line of text.split('\n')) {
    const match = /^(\S+) (?:stdout|stderr) ([FP]) ([\s\S]*)$/.exec(line);
    if (match === null) continue;
    const [, time = '', tag, content = ''] = match;
    out += `${timestamps ? `${time} ` : ''}${content}${tag === 'F' ? '\n' : ''}`;
  }
  return out;
}
