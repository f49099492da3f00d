import type { Command } from '../command.ts';
import { GLOBAL_FLAGS } from '../common-flags.ts';
import { commandHelp } from '../help.ts';

export const options: Command = {
  name: 'options',
  hidden: true,
  short: 'List the options that every command takes',
  usage: '',
  run(context) {
    const text = commandHelp({ name: 'options', short: '', usage: '', flags: GLOBAL_FLAGS }, 'kubectl options');
    const [start, end] = [text.indexOf('Options:\n') + 'Options:\n'.length, text.indexOf('\nUsage:')];
    context.out(`The following options can be passed to any command:\n\n${text.slice(start, end)}`);
    return Promise.resolve();
  },
};
