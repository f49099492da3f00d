import type { Command } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { createGenerated, generatorFlags, oneNameBeforeDash } from '../../generate.ts';

export const createDeployment: Command = {
  name: 'deployment',
  aliases: ['deploy'],
  short: 'Create a deployment with the specified name',
  usage: 'NAME --image=image -- [COMMAND] [args...]',
  examples: [
    'kubectl create deployment web --image=nginx --replicas=3',
    'kubectl create deployment job --image=busybox -- date',
  ],
  flags: [
    ...generatorFlags('kubectl-create'),
    { name: 'image', type: 'slice', required: true, usage: 'Image to run; can be repeated.' },
    { name: 'port', type: 'int', fallback: '-1', usage: 'Port that the container serves.' },
    { name: 'replicas', short: 'r', type: 'int', fallback: '1', usage: 'Number of pods.' },
  ],
  async run(context) {
    const name = oneNameBeforeDash(context);
    const command = context.args.slice(1);
    const images = context.flags.list('image');
    if (images.length > 1 && command.length > 0)
      throw new CliError('cannot specify multiple --image options and command');
    const port = context.flags.int('port');
    const containers = images.map((image) => ({
      name: containerName(image),
      image,
      ...(command.length > 0 ? { command } : {}),
      ...(port > 0 ? { ports: [{ containerPort: port }] } : {}),
      resources: {},
    }));
    const labels = { app: name };
    const object = {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name, labels },
      spec: {
        replicas: context.flags.int('replicas'),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
        strategy: {},
      },
      status: {},
    };
    await createGenerated(context, object, 'deployment');
  },
};

/** The last part of an image's path, without tag or digest. */
function containerName(image: string): string {
  const last = image.split('/').at(-1) ?? '';
  return (last.split(/[:@]/)[0] ?? '').toLowerCase().replace(/[^a-z0-9-]/g, '');
}
