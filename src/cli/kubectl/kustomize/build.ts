import { CliError } from '../errors.ts';
import type { KubectlIo } from '../io.ts';
import type { Obj } from '../server.ts';

const KUSTOMIZATIONS = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Where the laptop's shell stands. */
const HOME = '/home/user';

/** The objects that a kustomization makes, in the order in which they are written. */
export function buildKustomization(io: KubectlIo, directory: string): Obj[] {
  const entries = io.files.list(directory);
  const full = directory.startsWith('/') ? directory : directory === '.' ? HOME : `${HOME}/${directory}`;
  if (entries === undefined)
    throw new CliError(
      `must build at directory: not a valid directory: evalsymlink failure on '${directory}' : lstat ${full}: no such file or directory`,
    );
  if (!entries.some((entry) => KUSTOMIZATIONS.includes(entry)))
    throw new CliError(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${full}'`,
    );
  throw new CliError(`kustomizations are not built by this kubectl: ${directory}`);
}
