// A client with `WIDTH` connections that are kept, in a process of its own: `node load.mjs URL create|get|put|range COUNT WIDTH`.
// Kubernetes' API and etcd's JSON gateway are asked with bodies of the same size. Ends with one JSON line.
import { Agent, request } from 'node:http';

const [base = '', what = '', count = '0', width = '32'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(width) });
const value = 'x'.repeat(200);
const tag = `${process.pid}-${Date.now()}`;
const base64 = (text) => Buffer.from(text).toString('base64');

function ask(method, path, object) {
  const body = object === undefined ? undefined : JSON.stringify(object);
  const headers =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = request(base + path, { agent, method, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const configMaps = '/api/v1/namespaces/default/configmaps';
const create = (name) =>
  ask('POST', configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } });
const put = (key) => ask('POST', '/v3/kv/put', { key: base64(key), value: base64(value) });
const one = `bench-${tag}`;
const kinds = {
  create: { one: (index) => create(`bench-${tag}-${index}`) },
  get: { before: () => create(one), one: () => ask('GET', `${configMaps}/${one}`) },
  put: { one: (index) => put(`/bench/${tag}/${index}`) },
  range: { before: () => put(one), one: () => ask('POST', '/v3/kv/range', { key: base64(one) }) },
};

const kind = kinds[what];
if (kind === undefined) throw new Error(`one of ${Object.keys(kinds).join(', ')}, not ${what}`);
await kind.before?.();
let next = 0;
let failed = 0;
const took = [];
const lane = async () => {
  while (next < Number(count)) {
    const index = next++;
    const asked = performance.now();
    const status = await kind.one(index);
    took.push(performance.now() - asked);
    if (status !== 200 && status !== 201) failed++;
  }
};
const began = performance.now();
await Promise.all(Array.from({ length: Number(width) }, lane));
const seconds = (performance.now() - began) / 1000;
agent.destroy();
took.sort((a, b) => a - b);
const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))];
console.log(JSON.stringify({ rate: Number(count) / seconds, p50: at(0.5), p99: at(0.99), failed }));
