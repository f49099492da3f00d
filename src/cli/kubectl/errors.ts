import type { Status, StatusCause } from '../../api/types.gen.ts';
import { RpcFailure } from '../../sim/http.ts';
import { goQuote } from '../text/go-quote.ts';

/** A mistake that kubectl itself finds; `error: ` is put in front when printed. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Ends the command with this code without a word. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** The server's answer was a Status. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: Status;
  constructor(status: Status) {
    super(status.message ?? '');
    this.status = status;
  }
  get reason(): string {
    return this.status.reason ?? '';
  }
  get code(): number {
    return this.status.code ?? 0;
  }
}

/** A message that is printed as it is. */
export class PlainError extends Error {
  override readonly name = 'PlainError';
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export class AggregateCliError extends Error {
  override readonly name = 'AggregateCliError';
  readonly errors: readonly Error[];
  constructor(errors: readonly Error[]) {
    super(aggregateText(errors.map((error) => error.message)));
    this.errors = errors;
  }
}

/** Models utilerrors.Aggregate.Error. */
export function aggregateText(messages: readonly string[]): string {
  const unique = [...new Set(messages)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}

export function usageError(path: string, message: string): CliError {
  return new CliError(`${message}\nSee '${path} -h' for help and examples`);
}

/** `name` may be `plural.group`. */
export function noResourceType(name: string): PlainError {
  return new PlainError(`error: the server doesn't have a resource type ${goQuote(name.split('.')[0] ?? '')}`);
}

export function hasReason(error: unknown, reason: string): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

/** Says what was being done and with which file. Models cmdutil.AddSourceToErr. */
export function addSource(verb: string, source: string, error: Error): Error {
  if (source === '') return error;
  if (error instanceof StatusError) {
    return new StatusError({ ...error.status, message: `error when ${verb} ${goQuote(source)}: ${error.message}` });
  }
  if (error instanceof RpcFailure || error instanceof ExitError) return error;
  return new CliError(`error when ${verb} ${goQuote(source)}: ${error.message}`);
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new CliError(String(error));
}

export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

/** What kubectl prints on stderr when a command fails, and its exit code. Models cmdutil.checkErr. */
export function describeFailure(error: Error): Failure {
  if (error instanceof ExitError) return { text: '', exitCode: error.exitCode };
  if (error instanceof StatusError && error.reason === 'Invalid')
    return { text: invalidText(error.status), exitCode: 1 };
  if (error instanceof AggregateCliError) {
    return { text: error.errors.map((each) => standardMessage(each) ?? each.message).join('\n'), exitCode: 1 };
  }
  const standard = standardMessage(error);
  const exitCode = error instanceof CliError || error instanceof PlainError ? error.exitCode : 1;
  if (standard !== undefined) return { text: standard, exitCode };
  return { text: error.message.startsWith('error: ') ? error.message : `error: ${error.message}`, exitCode };
}

/** Models cmdutil.StandardErrorMessage. */
export function standardMessage(error: Error): string | undefined {
  if (error instanceof PlainError) return error.message;
  if (error instanceof StatusError) {
    if (error.reason === 'Unauthorized') return `error: You must be logged in to the server (${error.message})`;
    return error.reason === ''
      ? `Error from server: ${error.message}`
      : `Error from server (${error.reason}): ${error.message}`;
  }
  return error instanceof RpcFailure ? connectionMessage(error) : undefined;
}

function connectionMessage(failure: RpcFailure): string {
  const address = failure.address;
  switch (failure.reason) {
    case 'refused':
      return `The connection to the server ${address} was refused - did you specify the right host or port?`;
    case 'unreachable':
      return `Unable to connect to the server: dial tcp ${address}: connect: no route to host`;
    case 'timeout':
      return failure.definite
        ? `Unable to connect to the server: dial tcp ${address}: i/o timeout`
        : 'Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)';
    case 'reset':
      return `Unable to connect to the server: read tcp ${address}: read: connection reset by peer`;
    case 'cancelled':
      return 'Unable to connect to the server: context canceled';
  }
}

/** What Go's HTTP client says of a failed exchange, inside other messages. */
export function goTransportError(failure: RpcFailure): string {
  switch (failure.reason) {
    case 'refused':
      return `dial tcp ${failure.address}: connect: connection refused`;
    case 'unreachable':
      return `dial tcp ${failure.address}: connect: no route to host`;
    case 'timeout':
      return failure.definite
        ? `dial tcp ${failure.address}: i/o timeout`
        : 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
    case 'reset':
      return 'EOF';
    case 'cancelled':
      return 'context canceled';
  }
}

function invalidText(status: Status): string {
  const details = status.details;
  let text = 'The request is invalid';
  if (details === undefined) return (status.message ?? '') === '' ? text : `${text}: ${status.message ?? ''}`;
  const causes = details.causes ?? [];
  if ((details.kind ?? '') !== '' || (details.name ?? '') !== '') {
    text = `The ${details.kind ?? ''} ${goQuote(details.name ?? '')} is invalid`;
  } else if ((status.message ?? '') !== '' && causes.length === 0) text += `: ${status.message ?? ''}`;
  if (causes.length === 0) return text;
  return multiline(`${text}: `, causeMessages(causes));
}

function causeMessages(causes: readonly StatusCause[]): string[] {
  const messages: string[] = [];
  for (const cause of causes) {
    const message = (cause.field ?? '') === '' ? (cause.message ?? '') : `${cause.field ?? ''}: ${cause.message ?? ''}`;
    if (!messages.includes(message)) messages.push(message);
  }
  return messages;
}

function multiline(prefix: string, messages: readonly string[]): string {
  if (messages.length === 1) return `${prefix}${messages[0] ?? ''}\n`;
  return `${prefix}\n${messages.map((message) => `* ${message}`).join('\n')}\n`;
}
