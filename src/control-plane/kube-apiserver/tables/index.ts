import type { Kind } from '../../../api/kind.ts';
import type { Printer } from './table.ts';
import { clusterPrinters } from './cluster.ts';
import { networkPrinters } from './network.ts';
import { nodePrinter } from './node.ts';
import { podPrinter } from './pod.ts';
import { policyPrinters } from './policy.ts';
import { workloadPrinters } from './workloads.ts';
import { NAME } from './table.ts';

const PRINTERS: ReadonlyMap<Kind, Printer> = new Map(
  [podPrinter, nodePrinter, ...workloadPrinters, ...networkPrinters, ...clusterPrinters, ...policyPrinters].map(
    (printer) => [printer.kind, printer],
  ),
);

export function printerOf(kind: Kind): Printer {
  return (
    PRINTERS.get(kind) ?? {
      kind,
      columns: [NAME, CREATED_AT],
      cells: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? null],
    }
  );
}

/** Kinds without a printer show their time of creation. Models rest.defaultTableConvertor. */
const CREATED_AT = { name: 'Created At', type: 'date' } as const;
