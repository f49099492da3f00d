import { isObject } from '../../../../lib/json.ts';
import type { Context } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { Obj } from '../../server.ts';
import { goQuote } from '../../../text/go-quote.ts';
import { parseYaml } from '../../../text/yaml-parse.ts';
import type { Keep, Profile } from './profiles.ts';
import { profileNamed } from './profiles.ts';
import { filesGiven } from '../../selection.ts';

/** The flags of `kubectl debug`, checked. */
export interface DebugOptions {
  readonly targets: readonly string[];
  readonly command: readonly string[];
  readonly argumentsOnly: boolean;
  readonly attach: boolean;
  readonly container: string;
  readonly copyTo: string;
  readonly env: readonly Obj[];
  readonly image: string;
  readonly pullPolicy: string;
  readonly setImages: Readonly<Record<string, string>>;
  readonly target: string;
  readonly quiet: boolean;
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly profile: Profile;
  /** Part of a container that goes on top of the profile. */
  readonly custom: Obj | undefined;
  readonly keep: Keep;
}

const IMAGE =
  /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(:\d+)?(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*(:\w[\w.-]{0,127})?(@[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,})?$|^[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)+(:\w[\w.-]{0,127})?(@[A-Za-z][\w+.-]*:[0-9a-fA-F]{32,})?$/;

/** Models DebugOptions.Complete and Validate, in their order. */
export function debugOptions(context: Context): DebugOptions {
  const { flags, args } = context;
  const dash = flags.dash < 0 ? args.length : flags.dash;
  const text = (name: string): string => flags.string(name);
  const profile = profileNamed(text('profile'));
  if (profile === undefined) throw new CliError(`unknown profile: ${text('profile')}`);
  const options: DebugOptions = {
    targets: args.slice(0, dash),
    command: args.slice(dash),
    argumentsOnly: flags.bool('arguments-only'),
    attach: flags.changed('attach') ? flags.bool('attach') : flags.bool('stdin'),
    container: text('container'),
    copyTo: text('copy-to'),
    env: Object.entries(flags.pairs('env')).map(([name, value]) => ({ name, value })),
    image: text('image'),
    pullPolicy: text('image-pull-policy'),
    setImages: flags.pairs('set-image'),
    target: text('target'),
    quiet: flags.bool('quiet'),
    stdin: flags.bool('stdin'),
    tty: flags.bool('tty'),
    profile,
    custom: text('custom') === '' ? undefined : customContainer(context, text('custom')),
    keep: {
      labels: flags.bool('keep-labels'),
      annotations: flags.bool('keep-annotations'),
      liveness: flags.bool('keep-liveness'),
      readiness: flags.bool('keep-readiness'),
      startup: flags.bool('keep-startup'),
      initContainers: flags.bool('keep-init-containers'),
    },
  };
  validate(context, options);
  return options;
}

function customContainer(context: Context, path: string): Obj {
  const text = context.io.files.read(path);
  if (text === undefined)
    throw new CliError(
      `must pass a container spec json file for custom profile: open ${path}: no such file or directory`,
    );
  const value = parseYaml(text);
  if (!isObject(value)) throw new CliError(`${path} does not contain a valid container spec: not an object`);
  return value as Obj;
}

function validate(context: Context, options: DebugOptions): void {
  const { image, container, copyTo, setImages, command } = options;
  const someSet = Object.keys(setImages).length > 0;
  if (options.attach && context.flags.changed('attach') && image === '' && container === '')
    throw new CliError('you must specify --container or create a new container using --image in order to attach.');
  if (copyTo !== '') {
    if (image === '' && !someSet && command.length === 0)
      throw new CliError('you must specify --image, --set-image or command arguments.');
    if (command.length > 0 && container === '' && image === '')
      throw new CliError('you must specify an existing container or a new image when specifying args.');
  } else {
    const only =
      ['replace', 'same-node'].find((flag) => context.flags.bool(flag)) ?? (someSet ? 'set-image' : undefined);
    if (only !== undefined) throw new CliError(`--${only} may only be used with --copy-to.`);
    if (image === '') throw new CliError('you must specify --image when not using --copy-to.');
  }
  if (image !== '' && !IMAGE.test(image))
    throw new CliError(`invalid image name ${goQuote(image)}: invalid reference format`);
  if (options.targets.length === 0 && !filesGiven(context))
    throw new CliError('NAME or filename is required for debug');
  if (!['Always', 'IfNotPresent', 'Never', ''].includes(options.pullPolicy))
    throw new CliError(`invalid image pull policy: ${options.pullPolicy}`);
  for (const [name, wanted] of Object.entries(setImages))
    if (!IMAGE.test(wanted))
      throw new CliError(
        `invalid image name ${goQuote(wanted)} for container ${goQuote(name)}: invalid reference format`,
      );
  validateRest(context, options);
}

function validateRest(context: Context, { target, copyTo, quiet, tty, stdin, custom }: DebugOptions): void {
  if (target !== '') {
    if (copyTo !== '') throw new CliError('--target is incompatible with --copy-to. Use --share-processes instead.');
    if (!quiet)
      context.out(
        `Targeting container ${goQuote(target)}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`,
      );
  }
  if (tty && !stdin) throw new CliError('-i/--stdin is required for containers with -t/--tty=true');
  if (custom !== undefined && ['name', 'command', 'image', 'lifecycle', 'volumeDevices'].some((key) => key in custom))
    throw new CliError('name, command, image, lifecycle and volume devices are not modifiable via custom profile');
  if (context.flags.string('profile') === 'legacy')
    context.err(
      '--profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a profile, for example "--profile=general".\n',
    );
}
