/**
 * How the laptop runs a command line on a machine: `POST /run` on port 22 (api/ports) with a RunRequest as body, answered by a
 * stream. Channel 0 carries stdin, 1 stdout, 2 stderr; 3 carries the exit code as the last message.
 */
export const RUN_PATH = '/run';

export interface RunRequest {
  readonly command: string;
  /** What a pipe or a redirection gives the command to read. */
  readonly stdin?: string;
}
