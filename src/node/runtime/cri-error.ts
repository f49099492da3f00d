/** A call of the runtime interface that failed; `code` is grpc's name. */
export class CriFailure extends Error {
  override readonly name = 'CriFailure';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function notFound(kind: 'container' | 'sandbox', id: string): CriFailure {
  return new CriFailure('NotFound', `an error occurred when try to find ${kind} "${id}": not found`);
}
