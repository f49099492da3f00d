// Whether a history of concurrent operations could have happened one after another.
// Wing and Gong's search with Lowe's memory of what was tried, as in porcupine.

export interface Operation<Input, Output> {
  readonly input: Input;
  /** undefined: nobody knows what came of it. */
  readonly output: Output | undefined;
  readonly called: number;
  /** Infinity: never. It may take effect at any time, or not at all. */
  readonly returned: number;
}

export interface Model<State, Input, Output> {
  readonly initial: State;
  /** The state after it, or undefined if it could not have had that output. */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Equal for equal states only. */
  keyOf(state: State): string;
}

interface Node {
  readonly operation: number;
  /** The node of the operation's end; undefined: this is it. */
  readonly end: Node | undefined;
  previous: Node | undefined;
  next: Node | undefined;
}

export function isLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
): boolean {
  const head = listOf(operations);
  const done = new Uint32Array(Math.ceil(operations.length / 32));
  const tried = new Set<string>();
  const stack: { readonly node: Node; readonly state: State }[] = [];
  let state = model.initial;
  let node = head.next;
  while (head.next !== undefined && node !== undefined) {
    if (node.end === undefined) {
      // An operation has ended that was not put in order: what was tried last was wrong.
      const last = stack.pop();
      if (last === undefined) return false;
      state = last.state;
      flip(done, last.node.operation);
      putBack(last.node);
      node = last.node.next;
      continue;
    }
    const operation = operations[node.operation];
    const after: State | undefined = operation && model.step(state, operation.input, operation.output);
    if (after !== undefined) {
      flip(done, node.operation);
      const key = `${done.join()}/${model.keyOf(after)}`;
      if (!tried.has(key)) {
        tried.add(key);
        stack.push({ node, state });
        state = after;
        takeOut(node);
        node = head.next;
        continue;
      }
      flip(done, node.operation);
    }
    node = node.next;
  }
  return true;
}

function flip(bits: Uint32Array, at: number): void {
  bits[at >> 5] = (bits[at >> 5] ?? 0) ^ (1 << (at & 31));
}

/** Calls and ends in the order of time; of those at one time, calls first. */
function listOf(operations: readonly Operation<unknown, unknown>[]): Node {
  const events = operations.flatMap(({ called, returned }, operation) => {
    const end: Node = { operation, end: undefined, previous: undefined, next: undefined };
    const call: Node = { operation, end, previous: undefined, next: undefined };
    return [
      { at: called, order: 0, node: call },
      { at: returned, order: 1, node: end },
    ];
  });
  events.sort((a, b) => (a.at === b.at ? a.order - b.order : a.at - b.at));
  const head: Node = { operation: -1, end: undefined, previous: undefined, next: undefined };
  let last = head;
  for (const { node } of events) {
    last.next = node;
    node.previous = last;
    last = node;
  }
  return head;
}

function takeOut(call: Node): void {
  unlink(call);
  if (call.end !== undefined) unlink(call.end);
}

function unlink(node: Node): void {
  if (node.previous !== undefined) node.previous.next = node.next;
  if (node.next !== undefined) node.next.previous = node.previous;
}

/** In the opposite order of `takeOut`: each finds its neighbours as they were. */
function putBack(call: Node): void {
  if (call.end !== undefined) relink(call.end);
  relink(call);
}

function relink(node: Node): void {
  if (node.previous !== undefined) node.previous.next = node;
  if (node.next !== undefined) node.next.previous = node;
}

/** One key of etcd: read, written, and changed if it is what one thinks. */
export type RegisterInput =
  | { readonly op: 'read' }
  | { readonly op: 'write'; readonly value: string }
  | { readonly op: 'cas'; readonly from: string; readonly to: string };
/** What was read ('' if there was nothing), or whether it was done. */
export type RegisterOutput = string | boolean;

export const register: Model<string, RegisterInput, RegisterOutput> = {
  initial: '',
  step(state, input, output) {
    switch (input.op) {
      case 'read':
        return output === undefined || output === state ? state : undefined;
      case 'write':
        return input.value;
      case 'cas': {
        const holds = input.from === state;
        if (output !== undefined && output !== holds) return undefined;
        return holds ? input.to : state;
      }
    }
  },
  keyOf: (state) => state,
};
