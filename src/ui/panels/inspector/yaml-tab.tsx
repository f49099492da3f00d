import { useMemo, type ReactNode } from 'react';
import { stringify } from 'yaml';
import type { Subject } from '../../graph/subject.ts';
import { parseObject } from '../../stores/parse.ts';
import css from './inspector.module.css';

/** The object as it is stored, without the bookkeeping of field managers. */
export function YamlTab({ subject }: { readonly subject: Subject }): ReactNode {
  const text = useMemo(() => {
    if (subject.stored === undefined) return undefined;
    const object = parseObject(subject.stored.value);
    const { managedFields: _, ...metadata } = { managedFields: undefined, ...object.metadata };
    return stringify(
      { ...object, metadata: { ...metadata, resourceVersion: String(subject.stored.revision) } },
      { lineWidth: 0 },
    );
  }, [subject.stored]);
  if (text === undefined) return <p className={css.empty}>The API has no object for it.</p>;
  return <pre className={css.yaml}>{text}</pre>;
}
