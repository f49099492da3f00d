import { useEffect, useRef, useState, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { samples } from '../../../cli/terminal/samples/index.ts';
import { control } from '../../session/control.ts';
import { onEdit, type EditRequest } from '../../session/terminal-bus.ts';
import { runInTerminal } from '../../session/terminal-lines.ts';
import { useView } from '../../stores/view-store.ts';
import css from './dock.module.css';
import { defineThemes, monaco, setUpMonaco } from './monaco.ts';

type Code = ReturnType<typeof monaco.editor.create>;

/** What was saved in this run, over the samples that the laptop comes with. */
let saved = new Map<string, string>(Object.entries(samples));
const NEW_FILE = 'new.yaml';

/** Manifests of the operator's laptop: completed and checked by the API's own schema. */
export function YamlEditor({ front }: { readonly front: boolean }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const code = useRef<Code>(undefined);
  const theme = useView((view) => view.theme);
  const [file, setFile] = useState('web.yaml');
  const [edit, setEdit] = useState<EditRequest>();
  const [tools, setTools] = useState<HTMLElement>();

  useEffect(() => {
    if (place.current === null) return undefined;
    // A new run has a new laptop: what was saved on the old one is gone.
    saved = new Map(Object.entries(samples));
    const made = createCode(place.current);
    code.current = made;
    setTools(document.getElementById('editor-tools') ?? undefined);
    show(made, 'web.yaml', saved.get('web.yaml') ?? '');
    return () => made.dispose();
  }, []);
  const shown = useRef(file);
  useEffect(() => {
    shown.current = file;
  }, [file]);
  useEffect(() => {
    onEdit((request) => {
      if (code.current?.getModel()?.uri.path.endsWith(`/${shown.current}`) === true) keep(code.current, shown.current);
      setEdit(request);
      useView.getState().set({ left: { kind: 'editor' }, edited: true });
      if (code.current !== undefined) show(code.current, request.path, request.text);
    });
  }, []);
  useEffect(() => {
    if (place.current !== null) defineThemes(place.current);
  }, [theme]);
  useEffect(() => {
    if (front) code.current?.layout();
  }, [front]);

  const open = (name: string): void => {
    if (code.current === undefined) return;
    keep(code.current, file);
    setFile(name);
    show(code.current, name, saved.get(name) ?? '');
  };
  const save = async (): Promise<void> => {
    const text = code.current?.getValue() ?? '';
    saved.set(file, text);
    await control.file(file, text);
  };
  const apply = async (): Promise<void> => {
    await save();
    runInTerminal([`kubectl apply -f ${file}`]);
  };
  const finish = (text: string | undefined): void => {
    if (edit !== undefined) void control.edited(edit.session, text);
    if (edit !== undefined) useView.getState().set({ left: { kind: 'terminal', session: edit.session } });
    setEdit(undefined);
    if (code.current !== undefined) show(code.current, file, saved.get(file) ?? '');
  };

  return (
    <>
      <div ref={place} className={css.fill} data-editor={file} />
      {front &&
        tools !== undefined &&
        createPortal(
          edit === undefined ? (
            <FileTools file={file} open={open} save={() => void save()} apply={() => void apply()} />
          ) : (
            <>
              <span className={css.where}>{edit.path}</span>
              <button type="button" className={css.apply} onClick={() => finish(undefined)}>
                Close
              </button>
              <button type="button" className={css.apply} onClick={() => finish(code.current?.getValue() ?? '')}>
                Save and close
              </button>
            </>
          ),
          tools,
        )}
    </>
  );
}

interface ToolProps {
  readonly file: string;
  readonly open: (name: string) => void;
  readonly save: () => void;
  readonly apply: () => void;
}

function FileTools({ file, open, save, apply }: ToolProps): ReactNode {
  const [naming, setNaming] = useState(false);
  const files = [...new Set([...saved.keys(), file])].sort();
  if (naming)
    return (
      <input
        aria-label="name of the new file"
        autoFocus
        defaultValue={NEW_FILE}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setNaming(false);
          if (event.key !== 'Enter') return;
          const name = event.currentTarget.value.trim().replaceAll(/[^\w./-]/g, '-');
          setNaming(false);
          if (name !== '') open(name.endsWith('.yaml') || name.endsWith('.yml') ? name : `${name}.yaml`);
        }}
        onBlur={() => setNaming(false)}
      />
    );
  return (
    <>
      <select
        aria-label="file"
        value={file}
        onChange={(event) => (event.target.value === '' ? setNaming(true) : open(event.target.value))}
      >
        {files.map((name) => (
          <option key={name}>{name}</option>
        ))}
        <option value="">new file…</option>
      </select>
      <button type="button" className={css.apply} onClick={save}>
        Save
      </button>
      <button type="button" className={css.apply} onClick={apply}>
        Apply
      </button>
    </>
  );
}

function createCode(element: HTMLElement): Code {
  setUpMonaco();
  defineThemes(element);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return monaco.editor.create(element, {
    automaticLayout: true,
    minimap: { enabled: false },
    fontFamily: '"Fira Mono", ui-monospace, monospace',
    fontSize: rem * 0.75,
    lineHeight: 1.35,
    scrollBeyondLastLine: false,
    tabSize: 2,
    insertSpaces: true,
    detectIndentation: false,
    quickSuggestions: { other: true, comments: false, strings: true },
    fixedOverflowWidgets: true,
    stickyScroll: { enabled: false },
    padding: { top: 4 },
    ariaLabel: 'manifest',
  });
}

function keep(code: Code, file: string): void {
  saved.set(file, code.getValue());
}

function show(code: Code, file: string, text: string): void {
  const uri = monaco.Uri.parse(`file:///home/user/${file.replace(/^\/+/, '')}${/\.ya?ml$/.test(file) ? '' : '.yaml'}`);
  const model = monaco.editor.getModel(uri) ?? monaco.editor.createModel(text, 'yaml', uri);
  if (model.getValue() !== text) model.setValue(text);
  code.setModel(model);
}
