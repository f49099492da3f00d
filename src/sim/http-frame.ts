/** What crosses a connection of the HTTP-like layer: one line of JSON, then the body as it is, so that bodies are not escaped twice. */

export type FrameHead =
  /** A request; `up`: the client may stream data after it. */
  | {
      readonly t: 'request';
      readonly s: number;
      readonly m: string;
      readonly p: string;
      readonly h?: Headers;
      readonly up?: true;
    }
  /** A whole answer. */
  | { readonly t: 'answer'; readonly s: number; readonly c: number; readonly h?: Headers }
  /** The head of a streaming answer. */
  | { readonly t: 'head'; readonly s: number; readonly c: number; readonly h?: Headers }
  | { readonly t: 'data'; readonly s: number; readonly n?: number }
  | { readonly t: 'end'; readonly s: number }
  | { readonly t: 'cancel'; readonly s: number };

type Headers = Readonly<Record<string, string>>;

export interface Frame {
  readonly head: FrameHead;
  readonly body: string;
}

export function encodeFrame(head: FrameHead, body = ''): string {
  return body === '' ? JSON.stringify(head) : `${JSON.stringify(head)}\n${body}`;
}

export function decodeFrame(payload: string): Frame {
  const newline = payload.indexOf('\n');
  // Both ends are this module; the head is what encodeFrame made.
  const head = JSON.parse(newline < 0 ? payload : payload.slice(0, newline)) as FrameHead;
  return { head, body: newline < 0 ? '' : payload.slice(newline + 1) };
}
