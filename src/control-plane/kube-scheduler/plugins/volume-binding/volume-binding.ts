import type { SchedulerPlugin } from '../../framework.ts';

/** Models pkg/scheduler/framework/plugins/volumebinding, PreFilter. The API serves no PersistentVolumeClaims, so every claim is missing. */
export const volumeBinding: SchedulerPlugin = {
  name: 'VolumeBinding',
  wakesOn: ['Pod/Update'],
  preFilter(pod) {
    const claim = (pod.spec.volumes ?? [])
      .map((volume) => volume.persistentVolumeClaim?.claimName)
      .find((name) => name !== undefined);
    return claim === undefined
      ? undefined
      : { reasons: [`persistentvolumeclaim "${claim}" not found`], unresolvable: true };
  },
};
