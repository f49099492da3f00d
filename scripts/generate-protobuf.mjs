// Derives src/gateway/protobuf.gen.ts (field numbers of the API's messages) from the reflection data in a real kubectl:
//   node scripts/generate-protobuf.mjs
// A Go struct's field tags say what its protobuf message is: `json:"replicas,omitempty" protobuf:"varint,1,opt,name=replicas"`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { realClients } from './real-clients.mjs';
import { root } from './setup.mjs';

const PACKAGES = [
  ...['core', 'apps', 'batch', 'policy', 'rbac', 'networking', 'autoscaling', 'coordination', 'discovery', 'events'],
  ...['scheduling', 'storage', 'authentication', 'authorization', 'certificates', 'flowcontrol', 'node'],
  'admissionregistration',
].map((name) => `k8s.io/api/${name}/v1`);
const META = 'k8s.io/apimachinery/pkg/apis/meta/v1';

/** Types with a form of their own in both encodings. */
const SPECIAL = {
  [`${META}.Time`]: 'time',
  [`${META}.MicroTime`]: 'microtime',
  [`${META}.Duration`]: 'duration',
  [`${META}.FieldsV1`]: 'raw',
  'k8s.io/apimachinery/pkg/runtime.RawExtension': 'raw',
  'k8s.io/apimachinery/pkg/api/resource.Quantity': 'quantity',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': 'int-or-string',
};

const clients = realClients() ?? { kubectl: process.argv[2] };
const image = readFileSync(clients.kubectl);
const sections = elfSections();
const base = sections.get('.rodata').address;

function elfSections() {
  const [table, count, names] = [
    Number(image.readBigUInt64LE(0x28)),
    image.readUInt16LE(0x3c),
    image.readUInt16LE(0x3e),
  ];
  const at = (index) => table + 64 * index;
  const strings = Number(image.readBigUInt64LE(at(names) + 24));
  const found = new Map();
  for (let i = 0; i < count; i++) {
    const name = strings + image.readUInt32LE(at(i));
    const [address, offset, size] = [16, 24, 32].map((field) => Number(image.readBigUInt64LE(at(i) + field)));
    found.set(image.toString('latin1', name, image.indexOf(0, name)), { address, offset, size });
  }
  return found;
}

function offsetOf(address) {
  for (const section of sections.values())
    if (section.address > 0 && address >= section.address && address < section.address + section.size)
      return section.offset + address - section.address;
  throw new Error(`no section holds ${address.toString(16)}`);
}

const pointer = (at) => Number(image.readBigUInt64LE(at));

function text(at) {
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = image[at++];
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return { text: image.toString('utf8', at, at + length), end: at + length };
}

// Models internal/abi: Name, Type, StructType and UncommonType.
function nameAt(address) {
  const at = offsetOf(address);
  const flags = image[at];
  const name = text(at + 1);
  return { name: name.text, tag: flags & 2 ? text(name.end).text : '', embedded: (flags & 8) !== 0 };
}

const KINDS = {
  1: 'bool',
  2: 'int',
  5: 'int',
  6: 'int',
  8: 'byte',
  14: 'double',
  21: 'map',
  22: 'pointer',
  23: 'slice',
  24: 'string',
  25: 'struct',
};

function typeAt(address) {
  const at = offsetOf(address);
  const flags = image[at + 20];
  const kind = KINDS[image[at + 23] & 31];
  const name = nameAt(base + image.readInt32LE(at + 40)).name.slice(flags & 2 ? 1 : 0);
  const uncommon = { struct: 80, slice: 56 }[kind];
  const path =
    uncommon !== undefined && flags & 1 && flags & 4 ? nameAt(base + image.readInt32LE(at + uncommon)).name : '';
  return { at, kind, id: path === '' ? '' : `${path}.${name.slice(name.lastIndexOf('.') + 1)}` };
}

function fieldsOf({ at }) {
  const [first, count] = [pointer(at + 56), pointer(at + 64)];
  return Array.from({ length: count }, (_, i) => {
    const field = offsetOf(first) + 24 * i;
    return { ...nameAt(pointer(field)), type: pointer(field + 8) };
  });
}

const messages = new Map();
const wanted = [];

/** How a value is written: a word for scalars, `[…` repeated, `{…` map from strings, else the message's name. */
function formOf(address) {
  const type = typeAt(address);
  if (SPECIAL[type.id] !== undefined) return SPECIAL[type.id];
  switch (type.kind) {
    case 'struct':
      if (!messages.has(type.id)) {
        messages.set(type.id, undefined);
        wanted.push(type);
      }
      return type.id;
    case 'slice': {
      const element = typeAt(pointer(type.at + 48));
      if (element.kind === 'byte') return 'bytes';
      // A named list is a message of its own, with its items as field 1.
      if (type.id.endsWith('.ExtraValue')) return 'items';
      return `[${formOf(pointer(type.at + 48))}`;
    }
    case 'map':
      return `{${formOf(pointer(type.at + 56))}`;
    case 'pointer':
      return formOf(pointer(type.at + 48));
    default:
      return type.kind;
  }
}

function describe(type) {
  const fields = [];
  for (const { name, tag, type: address } of fieldsOf(type)) {
    const number = /protobuf:"[a-z0-9]+,(\d+)/.exec(tag)?.[1];
    if (number === undefined) continue;
    const [jsonName = '', ...options] = (/json:"([^"]*)"/.exec(tag)?.[1] ?? name).split(',');
    if (jsonName === '-') continue;
    const isPointer = typeAt(address).kind === 'pointer';
    const inline = options.includes('inline') || jsonName === '';
    const flags = `${isPointer ? '*' : ''}${options.includes('omitempty') || options.includes('omitzero') ? '?' : ''}`;
    fields.push(`${number} ${inline ? '^' : jsonName}${flags} ${formOf(address)}`);
  }
  return fields;
}

// Every named struct of the packages that is reachable through a pointer type has a link.
const links = sections.get('.typelink');
for (let at = links.offset; at < links.offset + links.size; at += 4) {
  const link = typeAt(base + image.readInt32LE(at));
  if (link.kind !== 'pointer') continue;
  const element = typeAt(pointer(link.at + 48));
  const path = element.id.slice(0, element.id.lastIndexOf('.'));
  const isRoot =
    PACKAGES.some((each) => path === each || path === `${each.slice(0, -2)}v2`) ||
    element.id === `${META}.DeleteOptions`;
  if (
    element.kind === 'struct' &&
    isRoot &&
    !element.id.endsWith('List') &&
    fieldsOf(element).some(({ name, embedded }) => embedded && name === 'TypeMeta')
  )
    formOf(pointer(link.at + 48));
}
for (let type = wanted.shift(); type !== undefined; type = wanted.shift()) messages.set(type.id, describe(type));

const short = (id) =>
  id.replaceAll('k8s.io/api/', '').replaceAll(META, 'meta/v1').replaceAll('k8s.io/apimachinery/pkg/', '');
const lines = [...messages].map(([id, fields]) => `  '${short(id)}':\n    '${fields.map(short).join('; ')}',`).sort();
const out = join(root, 'src', 'gateway', 'protobuf.gen.ts');
writeFileSync(
  out,
  `// Generated by scripts/generate-protobuf.mjs from the reflection data of kubectl: do not edit.\n\n/** Message → its fields: number, JSON name (\`^\` inline; \`*\` pointer, \`?\` omitempty), form. */\nexport const MESSAGES: Readonly<Record<string, string>> = {\n${lines.join('\n')}\n};\n`,
);
console.log(`${messages.size} messages`);
