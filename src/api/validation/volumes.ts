// Models ValidateVolumes and ValidateVolumeMounts of pkg/apis/core/validation.
import { dns1123Label } from '../names.ts';
import { parseQuantity } from '../quantity.ts';
import type { KeyToPath, ObjectFieldSelector, Volume, VolumeMount, VolumeProjection } from '../types.gen.ts';
import { validateFieldRef, validateResourceFieldRef, VOLUME_FIELD_PATHS } from './env.ts';
import type { FieldErrors } from './field.ts';
import { complaints, duplicate, forbiddenField, invalid, notFoundValue, notInSet, required } from './field.ts';

export interface VolumesVerdict {
  /** The names of the volumes that are in order: only these can be mounted. */
  readonly names: ReadonlySet<string>;
  readonly errors: FieldErrors;
}

export function validateVolumes(volumes: readonly Volume[], path: string): VolumesVerdict {
  const names = new Set<string>();
  const errors: FieldErrors = [];
  volumes.forEach((volume, i) => {
    const at = `${path}[${i}]`;
    const found = validateSource(volume, at);
    if (volume.name === '') found.push(required(`${at}.name`));
    else found.push(...complaints(`${at}.name`, volume.name, dns1123Label(volume.name)));
    if (names.has(volume.name)) found.push(duplicate(`${at}.name`, volume.name));
    if (found.length === 0) names.add(volume.name);
    errors.push(...found);
  });
  return { names, errors };
}

const HOST_PATH_TYPES = [
  '',
  'DirectoryOrCreate',
  'Directory',
  'FileOrCreate',
  'File',
  'Socket',
  'CharDevice',
  'BlockDevice',
];

/** The order in which sources are looked at decides which of two is called one too many. */
const SOURCES: readonly (readonly [keyof Volume & string, (volume: Volume, path: string) => FieldErrors])[] = [
  ['emptyDir', ({ emptyDir }, path) => validateEmptyDir(emptyDir?.sizeLimit, path)],
  ['hostPath', ({ hostPath }, path) => validateHostPath(hostPath?.path ?? '', hostPath?.type, path)],
  ['gitRepo', ({ gitRepo }, path) => needs(gitRepo?.repository, `${path}.repository`)],
  ['gcePersistentDisk', ({ gcePersistentDisk }, path) => needs(gcePersistentDisk?.pdName, `${path}.pdName`)],
  [
    'awsElasticBlockStore',
    ({ awsElasticBlockStore }, path) => needs(awsElasticBlockStore?.volumeID, `${path}.volumeID`),
  ],
  [
    'secret',
    ({ secret }, path) => [
      ...needs(secret?.secretName, `${path}.secretName`),
      ...validateMode(secret?.defaultMode, `${path}.defaultMode`),
      ...validateItems(secret?.items, `${path}.items`),
    ],
  ],
  ['nfs', ({ nfs }, path) => [...needs(nfs?.server, `${path}.server`), ...validateAbsolute(nfs?.path, `${path}.path`)]],
  [
    'iscsi',
    ({ iscsi }, path) => [...needs(iscsi?.targetPortal, `${path}.targetPortal`), ...needs(iscsi?.iqn, `${path}.iqn`)],
  ],
  ['glusterfs', ({ glusterfs }, path) => needs(glusterfs?.endpoints, `${path}.endpoints`)],
  ['flocker', () => []],
  [
    'persistentVolumeClaim',
    ({ persistentVolumeClaim }, path) => needs(persistentVolumeClaim?.claimName, `${path}.claimName`),
  ],
  ['rbd', ({ rbd }, path) => ((rbd?.monitors ?? []).length === 0 ? [required(`${path}.monitors`)] : [])],
  ['cinder', ({ cinder }, path) => needs(cinder?.volumeID, `${path}.volumeID`)],
  ['cephfs', ({ cephfs }, path) => ((cephfs?.monitors ?? []).length === 0 ? [required(`${path}.monitors`)] : [])],
  ['quobyte', () => []],
  [
    'downwardAPI',
    ({ downwardAPI }, path) => [
      ...validateMode(downwardAPI?.defaultMode, `${path}.defaultMode`),
      ...(downwardAPI?.items ?? []).flatMap((item, i) => validateDownwardFile(item, `${path}.items[${i}]`)),
    ],
  ],
  ['fc', () => []],
  ['flexVolume', ({ flexVolume }, path) => needs(flexVolume?.driver, `${path}.driver`)],
  [
    'configMap',
    ({ configMap }, path) => [
      ...needs(configMap?.name, `${path}.name`),
      ...validateMode(configMap?.defaultMode, `${path}.defaultMode`),
      ...validateItems(configMap?.items, `${path}.items`),
    ],
  ],
  [
    'azureFile',
    ({ azureFile }, path) => [
      ...needs(azureFile?.secretName, `${path}.secretName`),
      ...needs(azureFile?.shareName, `${path}.shareName`),
    ],
  ],
  ['vsphereVolume', ({ vsphereVolume }, path) => needs(vsphereVolume?.volumePath, `${path}.volumePath`)],
  ['photonPersistentDisk', ({ photonPersistentDisk }, path) => needs(photonPersistentDisk?.pdID, `${path}.pdID`)],
  ['portworxVolume', ({ portworxVolume }, path) => needs(portworxVolume?.volumeID, `${path}.volumeID`)],
  [
    'azureDisk',
    ({ azureDisk }, path) => [
      ...needs(azureDisk?.diskName, `${path}.diskName`),
      ...needs(azureDisk?.diskURI, `${path}.diskURI`),
    ],
  ],
  ['storageos', () => []],
  [
    'projected',
    ({ projected }, path) => [
      ...validateMode(projected?.defaultMode, `${path}.defaultMode`),
      ...(projected?.sources ?? []).flatMap((source, i) => validateProjection(source, `${path}.sources[${i}]`)),
    ],
  ],
  ['scaleIO', () => []],
  ['csi', ({ csi }, path) => needs(csi?.driver, `${path}.driver`)],
  [
    'ephemeral',
    ({ ephemeral }, path) =>
      ephemeral?.volumeClaimTemplate === undefined ? [required(`${path}.volumeClaimTemplate`)] : [],
  ],
  ['image', ({ image }, path) => needs(image?.reference, `${path}.reference`)],
];

function validateSource(volume: Volume, path: string): FieldErrors {
  const errors: FieldErrors = [];
  let sources = 0;
  for (const [name, check] of SOURCES) {
    if (volume[name] === undefined) continue;
    if (sources > 0) errors.push(forbiddenField(`${path}.${name}`, 'may not specify more than 1 volume type'));
    else errors.push(...check(volume, `${path}.${name}`));
    sources++;
  }
  return sources === 0 ? [required(path, 'must specify a volume type')] : errors;
}

function needs(value: string | undefined, path: string): FieldErrors {
  return (value ?? '') === '' ? [required(path)] : [];
}

function validateEmptyDir(sizeLimit: string | undefined, path: string): FieldErrors {
  return sizeLimit !== undefined && parseQuantity(sizeLimit).nanos < 0n
    ? [forbiddenField(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
    : [];
}

function validateHostPath(hostPath: string, type: string | undefined, path: string): FieldErrors {
  if (hostPath === '') return [required(`${path}.path`)];
  const errors = validateNoBacksteps(hostPath, `${path}.path`);
  if (type !== undefined && !HOST_PATH_TYPES.includes(type))
    errors.push(notInSet(`${path}.type`, type, HOST_PATH_TYPES));
  return errors;
}

function validateAbsolute(value: string | undefined, path: string): FieldErrors {
  if ((value ?? '') === '') return [required(path)];
  return value?.startsWith('/') === true ? [] : [invalid(path, value, 'must be an absolute path')];
}

function validateMode(mode: number | undefined, path: string): FieldErrors {
  return mode !== undefined && (mode < 0 || mode > 0o777)
    ? [invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : [];
}

function validateItems(items: readonly KeyToPath[] | undefined, path: string): FieldErrors {
  return (items ?? []).flatMap((item, i) => {
    const at = `${path}[${i}]`;
    return [
      ...needs(item.key, `${at}.key`),
      ...needs(item.path, `${at}.path`),
      ...validateDescendingPath(item.path, `${at}.path`),
      ...validateMode(item.mode, `${at}.mode`),
    ];
  });
}

function validateDownwardFile(
  item: {
    readonly path: string;
    readonly mode?: number;
    readonly fieldRef?: ObjectFieldSelector;
    readonly resourceFieldRef?: { readonly resource: string };
  },
  path: string,
): FieldErrors {
  const errors: FieldErrors = [
    ...needs(item.path, `${path}.path`),
    ...validateDescendingPath(item.path, `${path}.path`),
  ];
  if (item.fieldRef !== undefined) {
    errors.push(...validateFieldRef(item.fieldRef, VOLUME_FIELD_PATHS, `${path}.fieldRef`));
    if (item.resourceFieldRef !== undefined) {
      errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
  } else if (item.resourceFieldRef !== undefined) {
    errors.push(...validateResourceFieldRef(item.resourceFieldRef, `${path}.resourceFieldRef`, true));
  } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  return [...errors, ...validateMode(item.mode, `${path}.mode`)];
}

function validateProjection(source: VolumeProjection, path: string): FieldErrors {
  const errors: FieldErrors = [];
  let sources = 0;
  const add = (name: string, check: () => FieldErrors): void => {
    if (sources > 0) errors.push(forbiddenField(`${path}.${name}`, 'may not specify more than 1 volume type'));
    else errors.push(...check());
    sources++;
  };
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  if (secret !== undefined) {
    add('secret', () => [
      ...needs(secret.name, `${path}.secret.name`),
      ...validateItems(secret.items, `${path}.secret.items`),
    ]);
  }
  if (configMap !== undefined) {
    add('configMap', () => [
      ...needs(configMap.name, `${path}.configMap.name`),
      ...validateItems(configMap.items, `${path}.configMap.items`),
    ]);
  }
  if (downwardAPI !== undefined) {
    add('downwardAPI', () =>
      (downwardAPI.items ?? []).flatMap((item, i) => validateDownwardFile(item, `${path}.downwardAPI.items[${i}]`)),
    );
  }
  if (serviceAccountToken !== undefined) {
    add('serviceAccountToken', () => {
      const seconds = serviceAccountToken.expirationSeconds ?? 3600;
      const at = `${path}.serviceAccountToken`;
      return [
        ...(seconds < 600
          ? [invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')]
          : []),
        ...needs(serviceAccountToken.path, `${at}.path`),
      ];
    });
  }
  if (clusterTrustBundle !== undefined) add('clusterTrustBundle', () => []);
  if (source.podCertificate !== undefined) add('podCertificate', () => []);
  return sources === 0 ? [...errors, required(path, 'must specify a volume type')] : errors;
}

export function validateDescendingPath(value: string, path: string): FieldErrors {
  if (value.startsWith('/')) return [invalid(path, value, 'must be a relative path')];
  return validateNoBacksteps(value, path);
}

function validateNoBacksteps(value: string, path: string): FieldErrors {
  return value.split('/').includes('..') ? [invalid(path, value, "must not contain '..'")] : [];
}

const PROPAGATIONS = ['None', 'HostToContainer', 'Bidirectional'];

export function validateVolumeMounts(
  mounts: readonly VolumeMount[],
  volumes: ReadonlySet<string>,
  privileged: boolean,
  path: string,
): FieldErrors {
  const errors: FieldErrors = [];
  const seen = new Set<string>();
  mounts.forEach((mount, i) => {
    const at = `${path}[${i}]`;
    if (mount.name === '') errors.push(required(`${at}.name`));
    if (!volumes.has(mount.name)) errors.push(notFoundValue(`${at}.name`, mount.name));
    if (mount.mountPath === '') errors.push(required(`${at}.mountPath`));
    if (seen.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    seen.add(mount.mountPath);
    const { subPath = '', subPathExpr = '' } = mount;
    if (subPath !== '') errors.push(...validateDescendingPath(subPath, `${path}.subPath`));
    if (subPathExpr !== '') {
      if (subPath !== '')
        errors.push(invalid(`${path}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
      errors.push(...validateDescendingPath(subPathExpr, `${path}.subPathExpr`));
    }
    if (mount.recursiveReadOnly !== undefined && mount.recursiveReadOnly !== 'Disabled') {
      errors.push(...validateRecursive(mount, `${at}.recursiveReadOnly`));
    }
    const propagation = mount.mountPropagation;
    if (propagation !== undefined && !PROPAGATIONS.includes(propagation)) {
      errors.push(notInSet(`${at}.mountPropagation`, propagation, PROPAGATIONS));
    } else if (propagation === 'Bidirectional' && !privileged) {
      errors.push(
        forbiddenField(
          `${at}.mountPropagation`,
          'Bidirectional mount propagation is available only to privileged containers',
        ),
      );
    }
  });
  return errors;
}

function validateRecursive(mount: VolumeMount, path: string): FieldErrors {
  const mode = mount.recursiveReadOnly ?? '';
  if (mode !== 'Enabled' && mode !== 'IfPossible') {
    return [notInSet(path, mode, ['Disabled', 'IfPossible', 'Enabled'])];
  }
  const errors: FieldErrors = [];
  if (mount.readOnly !== true) errors.push(forbiddenField(path, 'may only be specified when readOnly is true'));
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    errors.push(forbiddenField(path, 'may only be specified when mountPropagation is None or not specified'));
  }
  return errors;
}
