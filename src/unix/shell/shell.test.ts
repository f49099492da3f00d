import { describe, expect, it } from 'vitest';
import { createSim } from '../../sim/testing.ts';
import { MINUTE, type Program } from '../../sim/env.ts';
import { FileSystem } from '../file-system.ts';
import { callbackSink, EMPTY_SOURCE } from '../pipe.ts';
import { runTask, Task, type ContainerContext } from '../task.ts';
import { FILE_COMMANDS } from '../commands/files.ts';
import { FILTER_COMMANDS } from '../commands/filters.ts';
import { SYSTEM_COMMANDS } from '../commands/system.ts';
import { sh } from './sh.ts';

const commands = { ...FILE_COMMANDS, ...FILTER_COMMANDS, ...SYSTEM_COMMANDS, sh };

/** Runs `sh -c script` as the first process of a container. */
const shell: Program = (env) => {
  const lower = new Map([['/etc/motd', 'welcome\nback\n']]);
  const context: ContainerContext = {
    env,
    fs: new FileSystem(env.disk, '/root-fs', lower, [{ containerPath: '/ro', hostPath: '/host/ro', readonly: true }]),
    hostname: 'box',
    commands,
    tasks: new Map(),
    memoryLimit: undefined,
    nextPid: 1,
  };
  const task = new Task(context, {
    argv: ['sh', '-c', String(env.args['script'])],
    vars: new Map([['HOME', '/root']]),
    cwd: '/tmp',
    stdin: EMPTY_SOURCE,
    stdout: callbackSink((text) => env.print(text)),
    stderr: callbackSink((text) => env.print(text, 'stderr')),
    tty: false,
  });
  env.onSignal(() => task.signal('TERM'));
  env.spawn(async () => env.exit(await runTask(task, sh)));
};

interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly code: number | undefined;
  readonly took: number | undefined;
}

async function run(script: string, terminateAt?: number, fault?: string): Promise<Outcome> {
  const init = [{ program: 'shell', name: 'shell', args: { script }, restartAfter: 60 * MINUTE }];
  const sim = createSim({ hosts: [{ name: 'box', init }], programs: { shell } });
  if (fault !== undefined) {
    await sim.runFor(1_000_000);
    sim.fault(fault);
  }
  if (terminateAt !== undefined) {
    await sim.runFor(terminateAt);
    sim.signal('box/shell', 'SIGTERM');
  }
  const ended = () => sim.trace.find((event) => event.kind === 'process' && event.state === 'exited');
  await sim.runUntilTrue(() => ended() !== undefined, 90_000_000);
  const end = ended();
  const code = end?.kind === 'process' && end.state === 'exited' ? end.code : undefined;
  return {
    out: sim.output('box/shell', 'stdout'),
    err: sim.output('box/shell', 'stderr'),
    code,
    took: end === undefined ? undefined : Math.round(end.at / 1_000_000),
  };
}

describe('the shell', () => {
  it.each<[script: string, out: string, code?: number, err?: string]>([
    ['echo a; echo b', 'a\nb\n'],
    ['true && echo yes || echo no; false && echo yes || echo no', 'yes\nno\n'],
    ['x=3; y="$x apples"; echo "$y" \'$x\' ${#y} ${z:-none} ${y%% *} ${y#3 }', '3 apples $x 8 none 3 apples\n'],
    ['i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done', '0\n1\n2\n'],
    ['until false; do break; done; for f in a "b c" d; do echo "[$f]"; done', '[a]\n[b c]\n[d]\n'],
    ['for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done', '1\n3\n'],
    ['if [ -f /etc/motd ]; then cat /etc/motd; elif true; then echo no; else echo never; fi', 'welcome\nback\n'],
    ['case foobar in f*r) echo match;; *) echo none;; esac', 'match\n'],
    ['echo $(( (2+3)*4 % 7 )) $((1<<4 | 1)) $((5>3 ? 10 : 20))', '6 17 10\n'],
    ['f() { local v=in; echo "$1-$v-$#"; return 4; }; v=out; f a b; echo $? $v', 'a-in-2\n4 out\n'],
    ['echo one two three | tr a-z A-Z | cut -d" " -f2', 'TWO\n'],
    ['seq 5 | while read n; do [ $n = 3 ] && echo three; done; yes | head -2', 'three\ny\ny\n'],
    ['echo hé | base64; echo aMOpCg== | base64 -d; printf hello | base64 -w 4', 'aMOpCg==\nhé\naGVs\nbG8=\n'],
    ['echo aGk= | base64 --decode; echo "aGk*" | base64 -d', 'hi', 1, 'base64: invalid input\n'],
    ['echo hi > f; echo there >> f; cat < f; wc -l f', 'hi\nthere\n2 f\n'],
    ['echo out; echo err >&2; (echo both; echo lost >&2) 2>/dev/null', 'out\nboth\n', 0, 'err\n'],
    ['{ echo a; echo b >&2; } > f 2>&1; cat f', 'a\nb\n'],
    ['x=$(echo "  a  b  "); echo $x; echo "$x"', 'a b\n  a  b  \n'],
    ['set -- p q "r s"; for a in "$@"; do echo "<$a>"; done; shift; echo $# $1', '<p>\n<q>\n<r s>\n2 q\n'],
    ['mkdir d; touch d/b d/a; cd d; echo *; ls; pwd', 'a b\na\nb\n/tmp/d\n'],
    ['rm /etc/motd; cat /etc/motd', '', 1, "cat: can't open '/etc/motd': No such file or directory\n"],
    ['echo x | tee /ro/f', 'x\n', 1, 'tee: /ro/f: Read-only file system\n'],
    ['echo a1b22c333 | grep -o "[0-9]*"', '1\n22\n333\n'],
    ['seq 9 | grep -n -B1 -A1 "[37]"', '2-2\n3:3\n4-4\n--\n6-6\n7:7\n8-8\n'],
    ['timeout 1 sleep 5', '', 124],
    ['grep "[" /etc/motd', '', 2, "grep: bad regex '[': Invalid regexp\n"],
    ['case a in [z-a]) echo yes;; *) echo no;; esac', 'no\n'],
    ['echo x > /ro/f', '', 1, "sh: can't create /ro/f: Read-only file system\n"],
    ['nope; echo $?', '127\n', 0, 'sh: nope: not found\n'],
    ['set -e; false; echo unreached', '', 1],
    ['if ! false; then exit 7; fi', '', 7],
    ['trap "echo bye" EXIT; exit 3', 'bye\n', 3],
    ['cat <<E\n$((1+1)) `echo x`\nE\ncat <<"E"\n$y\nE', '2 x\n$y\n'],
    [`x=1; cat <<< "a  $x"; cat <<<b; cat 0<<< '{"c": 2}' | tr c d`, 'a  1\nb\n{"d": 2}\n'],
    ['echo {a,b}{1..2}; printf "%03d|%-4s|%s\\n" 7 x end', 'a1 a2 b1 b2\n007|x   |end\n'],
    ['sleep 1 & echo $!; wait $!; echo done', '2\ndone\n'],
    ['sleep 9 & jobs; kill %1; wait %1; echo $?', '[1]+  Running                 sleep 9 &\n143\n'],
    ['sh -c "exit 4" & fg; echo $?; fg', 'sh -c "exit 4"\n4\n', 1, 'sh: fg: current: no such job\n'],
    ['kill %2', '', 1, 'sh: kill: %2: no such job\n'],
    ['kill -9 $$; echo no', '', 137],
    ['sh -c "exit 9"; echo $?', '9\n'],
    ['echo "unterminated', '', 2, 'sh: unterminated quoted string\n'],
    ['if true; echo', '', 2, 'sh: syntax error: unexpected end of file (expecting "then")\n'],
    ['echo aXbX | sed "s/X/-/g"; printf "b\\na\\nb\\n" | sort | uniq -c', 'a-b-\n      1 a\n      2 b\n'],
  ])('%s', async (script, out, code = 0, err = '') => {
    expect(await run(script)).toMatchObject({ out, err, code });
  });

  it('sleeps in virtual time and prints as it goes', async () => {
    expect(await run('for i in 1 2 3; do echo $i; sleep 10; done')).toMatchObject({
      out: '1\n2\n3\n',
      code: 0,
      took: 30,
    });
  });

  it('complains when the disk is full, and goes on', async () => {
    const script =
      'sleep 2; echo a > /tmp/f; echo $?; cat /etc/motd >> /tmp/f; echo $?; cat /tmp/f; rm /tmp/f; echo $?';
    expect(await run(script, undefined, 'full-disk box')).toMatchObject({
      out: '1\n1\n0\n',
      err: 'sh: write error: No space left on device\ncat: write error: No space left on device\n',
      code: 0,
    });
  });

  it('as the first process ignores a signal that it does not handle', async () => {
    expect(await run('sleep 20; echo lived', 2_000_000)).toMatchObject({ out: 'lived\n', code: 0, took: 20 });
  });

  it('runs a trap when the command in the foreground has ended', async () => {
    const script = 'trap "echo caught; exit 5" TERM; while true; do sleep 4; done';
    expect(await run(script, 2_000_000)).toMatchObject({ out: 'caught\n', code: 5, took: 4 });
  });

  it('is woken from wait by a signal at once', async () => {
    const script = 'trap "echo caught; exit 5" TERM; sleep 100 & wait';
    expect(await run(script, 2_000_000)).toMatchObject({ out: 'caught\n', code: 5, took: 2 });
  });

  it('lets time pass in a busy loop', async () => {
    const outcome = await run('while true; do i=$((i+1)); [ $i = 6000 ] && exit 1; done');
    expect(outcome.code).toBe(1);
    expect(outcome.took).toBeGreaterThan(1);
  });
});
