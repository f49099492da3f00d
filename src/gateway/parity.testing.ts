// The kubectl in the page beside the real one, on one cluster: what each prints, and its exit code, byte for byte.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, realKubectl } from './clients.testing.ts';

const linesOf = (file: string): readonly string[] =>
  readFileSync(new URL(file, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
/** Virtual seconds a second: much of what is asked for waits for pods to come and go. The real client's clock does not keep up. */
const SPEED = 5;
const FROM_THE_FUTURE = '<invalid>';
/** Each changes objects of its own. */
const TWINS = { real: { NS: 'twin-a', NODE: 'worker-1' }, ours: { NS: 'twin-b', NODE: 'worker-2' } };

/** The lines of the files named so, one after the other on a cluster of their own. */
export function describeParity(named: RegExp): void {
  const files = readdirSync(import.meta.dirname).filter((name) => named.test(name));
  describe.skipIf(realKubectl === undefined)('ours prints what the real kubectl prints', () => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await Bench.start('--workers', '2', '--control-planes', '1');
      await bench.serving.session.setSpeed(SPEED);
    }, 120_000);
    afterAll(() => bench.stop());

    const filled = (line: string, { NS, NODE }: { readonly NS: string; readonly NODE: string }): string =>
      line.replaceAll(/\bNS\b/g, NS).replaceAll(/\bNODE\b/g, NODE);

    describe.each(files)('%s', (file) => {
      it.each(linesOf(file))('%s', async (line) => {
        const alone = !/\b(?:NS|NODE)\b/.test(line);
        const theirs = bench.shell(filled(line, TWINS.real));
        // What both do to the same objects is done in turn.
        if (alone) await theirs;
        const ours = await bench.laptop(filled(line, TWINS.ours));
        const same = (text: string): string => comparable(text, bench, alone);
        expect(same(ours)).toBe(same((await theirs).replaceAll(FROM_THE_FUTURE, '0s')));
      });
    });
  });
}

/** What client-go's reflector logs when its context ends depends on the moment. */
const REFLECTOR_LOG = /^[EWI]\d{4} .* reflector\.go:.*\n/gm;

/** When, and by which process. */
const LOG_HEADER = /^([EWI])\d{4} [\d:.]+ +\d+ /gm;

/** What two clients, two sets of objects or two moments cannot have equal. */
function comparable(text: string, bench: Bench, alone: boolean): string {
  const seen = text
    .replaceAll(REFLECTOR_LOG, '')
    .replaceAll(LOG_HEADER, '$1 ')
    .replaceAll(/ milliseconds=\d+/g, ' milliseconds=N')
    .replaceAll(bench.folder, '/home/user')
    .replaceAll(/kubectl-edit-\d+/g, 'kubectl-edit-N')
    .replaceAll(bench.serving.address, 'https://10.0.0.10:6443')
    .replaceAll(/"?twin-[ab]\b/g, (found) => found.slice(0, -1) + 'x')
    .replaceAll(/\/tmp\/(LIVE|MERGED)-\d+/g, '/tmp/$1-N');
  return withoutAges(alone ? seen : withoutIdentity(seen));
}

/** Twins are made at different moments, and have names and addresses of their own. */
function withoutIdentity(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[Z+]\d*)/g, 'TIME')
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, 'DATE')
    .replaceAll(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/g, 'TIME')
    .replaceAll(/resourceVersion(\\?"?): (\\?)"\d+/g, 'resourceVersion$1: $2"N')
    .replaceAll(/(containerd:\/\/)[0-9a-f]+/g, '$1ID')
    .replaceAll(/\b(web-[0-9a-f]{6,10})-[a-z0-9]{5}\b/g, '$1-xxxxx')
    .replaceAll(/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-xxxxx')
    .replaceAll(/\b10\.(?:9[6-9]|1[01]\d|244)\.\d+\.\d+( +|\b)/g, 'IP ')
    .replaceAll(/\bworker-\d\/10\.0\.0\.\d+/g, 'NODE/IP')
    .replaceAll(/\b(worker-\d)( +|\b)/g, 'NODE ')
    .replaceAll(/10\.0\.0\.2\d|10\.244\.\d+\.0\/24/g, 'IP')
    .replaceAll(/\b[0-9a-f]{32,64}\b/g, 'HEX')
    .replaceAll(/ in [\d.]+m?s \([\d.]+m?s including waiting\)/g, ' in a while');
}

/** Ages are counted by a clock that goes on between two questions; how wide they are moves what stands beside them. */
function withoutAges(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\b(?:\d+[dhms]){1,2}(?= |$|\))( *)/g, '<age> ')
        .replaceAll(/\b(AGE|LAST SEEN|FIRST SEEN|Age|IP|NODE) +/g, '$1 ')
        .replace(/^( +-{4} .*)$/, (dashes) => dashes.replaceAll(/ +/g, ' ')),
    )
    .join('\n');
}
