// Models printNamespace, printConfigMap, printSecret, printServiceAccount, printLease, printPriorityClass and printEvent.
import type {
  ConfigMap,
  Event,
  EventsV1Event,
  KubeObject,
  Lease,
  Namespace,
  PriorityClass,
  Secret,
  ServiceAccount,
} from '../../../api/types.gen.ts';
import type { Micros } from '../../../sim/env.ts';
import type { Cell, Printer } from './table.ts';
import {
  CONFIG_MAP,
  EVENT,
  EVENT_V1,
  LEASE,
  NAMESPACE,
  PRIORITY_CLASS,
  SECRET,
  SERVICE_ACCOUNT,
} from '../../../api/kinds/index.ts';
import { toCoreEvent } from '../../../api/events.ts';
import { AGE, ageOf, NAME, sinceText } from './table.ts';

/** Printers see only objects of their kind. */
function as<T extends KubeObject>(object: KubeObject): T {
  return object as T;
}

const namespacePrinter: Printer = {
  kind: NAMESPACE,
  columns: [NAME, { name: 'Status' }, AGE],
  cells: (object, now) => [object.metadata.name, as<Namespace>(object).status?.phase ?? '', ageOf(object, now)],
};

const configMapPrinter: Printer = {
  kind: CONFIG_MAP,
  columns: [NAME, { name: 'Data' }, AGE],
  cells(object, now) {
    const { data = {}, binaryData = {} } = as<ConfigMap>(object);
    return [object.metadata.name, Object.keys(data).length + Object.keys(binaryData).length, ageOf(object, now)];
  },
};

const secretPrinter: Printer = {
  kind: SECRET,
  columns: [NAME, { name: 'Type' }, { name: 'Data' }, AGE],
  cells(object, now) {
    const { type = '', data = {} } = as<Secret>(object);
    return [object.metadata.name, type, Object.keys(data).length, ageOf(object, now)];
  },
};

const serviceAccountPrinter: Printer = {
  kind: SERVICE_ACCOUNT,
  columns: [NAME, { name: 'Secrets' }, AGE],
  cells: (object, now) => [object.metadata.name, as<ServiceAccount>(object).secrets?.length ?? 0, ageOf(object, now)],
};

const leasePrinter: Printer = {
  kind: LEASE,
  columns: [NAME, { name: 'Holder' }, AGE],
  cells: (object, now) => [object.metadata.name, as<Lease>(object).spec?.holderIdentity ?? '', ageOf(object, now)],
};

const priorityClassPrinter: Printer = {
  kind: PRIORITY_CLASS,
  columns: [NAME, { name: 'Value' }, { name: 'Global-Default' }, AGE, { name: 'PreemptionPolicy' }],
  cells(object, now) {
    const { value, globalDefault = false, preemptionPolicy = '' } = as<PriorityClass>(object);
    return [object.metadata.name, value ?? 0, globalDefault, ageOf(object, now), preemptionPolicy];
  },
};

const EVENT_COLUMNS: Printer['columns'] = [
  { name: 'Last Seen' },
  { name: 'Type' },
  { name: 'Reason' },
  { name: 'Object' },
  { name: 'Subobject', wide: true },
  { name: 'Source', wide: true },
  { name: 'Message' },
  { name: 'First Seen', wide: true },
  { name: 'Count', wide: true },
  { name: 'Name', wide: true },
];

function eventCells(object: KubeObject, now: Micros): Cell[] {
  const event = as<Event>(object);
  const { involvedObject } = event;
  const first = sinceText(event.firstTimestamp ?? event.eventTime, now);
  const lastSeen = event.series?.lastObservedTime ?? event.lastTimestamp;
  const last = lastSeen === undefined || lastSeen === null ? first : sinceText(lastSeen, now);
  const count = event.series?.count ?? event.count ?? 0;
  // Models printers' formatEventSource.
  const component = event.source?.component || (event.reportingComponent ?? '');
  const host = event.source?.host || (event.reportingInstance ?? '');
  const target =
    involvedObject.name !== undefined && involvedObject.name !== ''
      ? `${(involvedObject.kind ?? '').toLowerCase()}/${involvedObject.name}`
      : (involvedObject.kind ?? '').toLowerCase();
  return [
    last,
    event.type ?? '',
    event.reason ?? '',
    target,
    involvedObject.fieldPath ?? '',
    host === '' ? component : `${component}, ${host}`,
    (event.message ?? '').trim(),
    first,
    count === 0 ? 1 : count,
    object.metadata.name,
  ];
}

const eventPrinter: Printer = { kind: EVENT, columns: EVENT_COLUMNS, cells: eventCells };
const eventV1Printer: Printer = {
  kind: EVENT_V1,
  columns: EVENT_COLUMNS,
  cells: (object, now) => eventCells(toCoreEvent(as<EventsV1Event>(object)), now),
};

export const clusterPrinters: readonly Printer[] = [
  namespacePrinter,
  configMapPrinter,
  secretPrinter,
  serviceAccountPrinter,
  leasePrinter,
  priorityClassPrinter,
  eventPrinter,
  eventV1Printer,
];
