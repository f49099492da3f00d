import type { Command } from '../command.ts';
import { apply } from './apply.ts';
import { create } from './create.ts';
import { deleteCommand } from './delete.ts';
import { describe } from './describe.ts';
import { get } from './get.ts';

/** Every verb, sorted by name. */
export const COMMANDS: readonly Command[] = [apply, create, deleteCommand, describe, get];
