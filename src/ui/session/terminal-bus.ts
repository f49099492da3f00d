/** What a terminal session hears from the laptop's terminal program. */
export interface TerminalEar {
  output(text: string): void;
  prompt(text: string): void;
  exit(): void;
}

/** A file that a command wants edited: its content goes back when it is saved. */
export interface EditRequest {
  readonly session: number;
  readonly path: string;
  readonly text: string;
}

const ears = new Map<number, TerminalEar>();
/** What came before its session was shown. */
const missed = new Map<number, TerminalMessage[]>();
let editor: ((request: EditRequest) => void) | undefined;
let wanted: EditRequest | undefined;
let wake: () => void = () => undefined;
const MOST_MISSED = 500;

interface TerminalMessage {
  readonly session: number;
  readonly kind: string;
  readonly text: string;
  readonly path?: string;
}

export function joinTerminal(session: number, ear: TerminalEar): () => void {
  ears.set(session, ear);
  for (const message of missed.get(session) ?? []) deliver(ear, message);
  missed.delete(session);
  return () => void ears.delete(session);
}

export function onEdit(open: (request: EditRequest) => void): void {
  editor = open;
  if (wanted !== undefined) open(wanted);
  wanted = undefined;
}

/** Called when a file is to be edited and no editor has been opened yet. */
export function onEditorWanted(open: () => void): void {
  wake = open;
}

function edit(request: EditRequest): void {
  if (editor !== undefined) {
    editor(request);
    return;
  }
  wanted = request;
  wake();
}

/** Reads one `output` record of the terminal program: lines of JSON. */
export function hearTerminal(text: string): void {
  for (const line of text.split('\n')) {
    const message = parse(line);
    if (message === undefined) continue;
    if (message.kind === 'edit') edit({ session: message.session, path: message.path ?? '', text: message.text });
    else {
      const ear = ears.get(message.session);
      if (ear !== undefined) deliver(ear, message);
      else missed.set(message.session, [...(missed.get(message.session) ?? []), message].slice(-MOST_MISSED));
    }
  }
}

function deliver(ear: TerminalEar, message: TerminalMessage): void {
  if (message.kind === 'output') ear.output(message.text);
  else if (message.kind === 'prompt') ear.prompt(message.text);
  else if (message.kind === 'exit') ear.exit();
}

export function forgetTerminals(): void {
  missed.clear();
}

function parse(line: string): TerminalMessage | undefined {
  if (line.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || !('session' in value) || !('kind' in value)) return undefined;
    const { session, kind } = value;
    const text = 'text' in value && typeof value.text === 'string' ? value.text : '';
    const path = 'path' in value && typeof value.path === 'string' ? { path: value.path } : {};
    return typeof session === 'number' && typeof kind === 'string' ? { session, kind, text, ...path } : undefined;
  } catch {
    return undefined;
  }
}
