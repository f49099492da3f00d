import * as monaco from 'monaco-editor/editor';
import 'monaco-editor/features/register.all';
import 'monaco-editor/languages/definitions/yaml/register';
import EditorWorker from 'monaco-editor/editor/editor.worker?worker';
import { configureMonacoYaml, type MonacoYamlOptions } from 'monaco-yaml';
import { manifestSchema } from '../../graph/yaml-schema.ts';
import YamlWorker from './yaml-worker.ts?worker';

export { monaco };

let ready = false;

/** Sets Monaco up for manifests: once, when the editor is first opened. */
export function setUpMonaco(): void {
  if (ready) return;
  ready = true;
  globalThis.MonacoEnvironment = {
    getWorker: (_id, label) => (label === 'yaml' ? new YamlWorker() : new EditorWorker()),
  };
  const options: MonacoYamlOptions = {
    isKubernetes: true,
    hover: true,
    completion: true,
    validate: true,
    enableSchemaRequest: false,
    schemas: [
      { uri: 'inmemory://kubarium/manifest.json', fileMatch: ['**/*.yaml'], schema: manifestSchema() as object },
    ],
  };
  configureMonacoYaml(withWorkers() as unknown as typeof monaco, options);
}

interface WorkerOptions {
  readonly createData?: unknown;
}

/** Monaco wants a Worker here; monaco-yaml still hands over what one was made from. */
function withWorkers(): object {
  return {
    ...monaco,
    editor: {
      ...monaco.editor,
      createWebWorker: (options: WorkerOptions): unknown => {
        const worker = new YamlWorker();
        worker.postMessage('ignore');
        worker.postMessage(options.createData);
        return monaco.editor.createWebWorker({ worker });
      },
    },
  };
}

/** Two themes made of the tokens. */
export function defineThemes(element: Element): void {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const dark = document.documentElement.dataset['theme'] === 'dark';
  const rule = (name: string, colour: string): { token: string; foreground: string } => ({
    token: name,
    foreground: token(colour).replace('#', ''),
  });
  monaco.editor.defineTheme('kubarium', {
    base: dark ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      rule('type', 'api-edge'),
      rule('string', 'ink'),
      rule('string.yaml', 'ink'),
      rule('number', 'raft-edge'),
      rule('keyword', 'raft-edge'),
      rule('comment', 'ink-3'),
    ],
    colors: {
      'editor.background': token('term-ground'),
      'editor.foreground': token('ink'),
      'editorLineNumber.foreground': token('ink-3'),
      'editorCursor.foreground': token('accent'),
      'editor.selectionBackground': `${token('accent')}33`,
      'editor.lineHighlightBackground': token('sunken'),
      'editor.lineHighlightBorder': token('sunken'),
      'editorWidget.background': token('raised'),
      'editorSuggestWidget.background': token('raised'),
      'editorSuggestWidget.selectedBackground': token('accent-wash'),
      'editorSuggestWidget.selectedForeground': token('ink'),
      focusBorder: token('accent'),
    },
  });
  monaco.editor.setTheme('kubarium');
}
