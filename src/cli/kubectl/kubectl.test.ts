import { describe, expect, it } from 'vitest';
import { FakeTerminal } from './fake-server.testing.ts';
import { COMMANDS } from './commands/index.ts';

const WEB = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx:1.27}]}
`;

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: c, image: nginx:1.27, ports: [{containerPort: 80}]}]}
`;

async function started(): Promise<FakeTerminal> {
  const terminal = new FakeTerminal();
  await terminal.run(['apply', '-f', '-'], WEB);
  await terminal.run(['apply', '-f', '-'], DEPLOYMENT);
  return terminal;
}

describe('kubectl', () => {
  it('applies, gets, describes and deletes', async () => {
    const terminal = new FakeTerminal();
    expect(await terminal.run(['apply', '-f', '-'], WEB)).toEqual({ stdout: 'pod/web created\n', stderr: '', exit: 0 });
    expect(await terminal.run(['apply', '-f', '-'], WEB)).toEqual({
      stdout: 'pod/web unchanged\n',
      stderr: '',
      exit: 0,
    });
    expect((await terminal.run(['apply', '-f', '-'], WEB.replace('1.27', '1.28'))).stdout).toBe('pod/web configured\n');
    expect((await terminal.run(['get', 'po'])).stdout).toBe('NAME\nweb\n');
    expect((await terminal.run(['get', 'po', '-o', 'wide'])).stdout).toBe('NAME   EXTRA\nweb    x\n');
    expect((await terminal.run(['get', 'po', '-o', 'name'])).stdout).toBe('pod/web\n');
    expect((await terminal.run(['get', 'pod/web', '-o=jsonpath={.spec.containers[0].image}'])).stdout).toBe(
      'nginx:1.28',
    );
    expect((await terminal.run(['describe', 'pod', 'web'])).stdout).toContain(
      'Labels:       app=web\nAnnotations:  <none>\n',
    );
    expect((await terminal.run(['delete', 'pod', 'web'])).stdout).toBe('pod "web" deleted from default namespace\n');
    expect(await terminal.run(['delete', 'pod', 'web'])).toEqual({
      stdout: '',
      stderr: 'Error from server (NotFound): pods "web" not found\n',
      exit: 1,
    });
  });

  it('removes what an apply leaves out, and keeps what others set', async () => {
    const terminal = await started();
    await terminal.run(['label', 'pod', 'web', 'mine=1']);
    await terminal.run(['apply', '-f', '-'], WEB.replace('labels: {app: web}', 'labels: {tier: front}'));
    expect((await terminal.run(['get', 'pod', 'web', '-o', 'jsonpath={.metadata.labels}'])).stdout).toBe(
      '{"mine":"1","tier":"front"}',
    );
  });

  it.each([
    [['label', 'pod', 'web', 'env=prod'], 'pod/web labeled\n'],
    [['label', 'pod', 'web', 'app-'], 'pod/web unlabeled\n'],
    [['label', 'pod', 'web', 'nope-'], 'label "nope" not found.\npod/web not labeled\n'],
    [['annotate', 'pods', '--all', 'note=x'], 'pod/web annotated\n'],
    [['set', 'image', 'deploy/shop', 'c=nginx:1.28'], 'deployment.apps/shop image updated\n'],
    [['set', 'env', 'deploy/shop', 'LEVEL=debug'], 'deployment.apps/shop env updated\n'],
    [['patch', 'pod', 'web', '-p', '{"metadata":{"labels":{"p":"1"}}}'], 'pod/web patched\n'],
    [['expose', 'deployment', 'shop', '--type=NodePort'], 'service/shop exposed\n'],
    [['run', 'x', '--image=nginx'], 'pod/x created\n'],
    [['create', 'ns', 'n'], 'namespace/n created\n'],
    [
      ['create', 'cm', 'c', '--from-literal=a=b', '-o', 'yaml', '--dry-run=client'],
      'apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: c\n',
    ],
    [
      ['create', 'secret', 'generic', 's', '--from-literal=a=b', '-o', 'jsonpath={.data.a}', '--dry-run=client'],
      'Yg==',
    ],
    [['delete', 'deploy', '--all', '--wait=false'], 'deployment.apps "shop" deleted from default namespace\n'],
    [['delete', 'pods', '-l', 'app=none'], 'No resources found\n'],
    [['config', 'set-context', '--current', '--namespace=x'], 'Context "kubarium" modified.\n'],
    [['rollout', 'restart', 'deploy/shop'], 'deployment.apps/shop restarted\n'],
    [['rollout', 'pause', 'deploy/shop'], 'deployment.apps/shop paused\n'],
    [['get', 'po,deploy', '-o', 'name'], 'pod/web\ndeployment.apps/shop\n'],
    [['get', 'all'], 'NAME\npod/web\n\nNAME\ndeployment.apps/shop\n'],
    [['get', 'po', '--show-labels', '--no-headers'], 'web   app=web\n'],
    [
      ['api-resources', '--api-group=apps', '--no-headers'],
      'deployments   deploy   apps/v1   true   Deployment\nreplicasets   rs       apps/v1   true   ReplicaSet\n',
    ],
  ])('%j', async (argv, stdout) => {
    expect(await (await started()).run(argv)).toEqual({ stdout, stderr: '', exit: 0 });
  });

  it.each([
    [['bogus'], 'error: unknown command "bogus" for "kubectl"\n\nDid you mean this?\n\tlogs\n'],
    [['get', 'bogus'], 'error: the server doesn\'t have a resource type "bogus"\n'],
    [['get', 'pods', '--bogus'], "error: unknown flag: --bogus\nSee 'kubectl get --help' for usage.\n"],
    [['get', 'pods', 'x', '-A'], 'error: a resource cannot be retrieved by name across all namespaces\n'],
    [['get', 'pods', '-l', 'a=b', 'x'], 'error: name cannot be provided when a selector is specified\n'],
    [['get', 'pods', '-o', 'jsonpath={.items[0]'], 'error: error parsing jsonpath {.items[0], unclosed action\n'],
    [['get', 'pods', '--context=nope'], 'Error in configuration: context was not found for specified context: nope\n'],
    [
      ['get', 'pods', '--request-timeout=x'],
      'error: Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)\n',
    ],
    [['delete', 'pods'], 'error: resource(s) were provided, but no name was specified\n'],
    [['label', 'pod', 'web', 'app=x'], "error: 'app' already has a value (web), and --overwrite is false\n"],
    [['set', 'image', 'pod/web', 'nope=x'], 'error: unable to find container named "nope"\n'],
    [
      ['patch', 'pod', 'web', '--type=bogus', '-p', '{}'],
      'error: --type must be one of [json merge strategic], not "bogus"\n',
    ],
    [['run', 'x'], 'error: required flag(s) "image" not set\n'],
    [
      ['run', 'x', '--image=nginx', '--dry-run=bogus'],
      'error: Invalid dry-run value (bogus). Must be "none", "server", or "client".\n',
    ],
    [['exec', 'web'], 'error: you must specify at least one command for the container\n'],
    [['wait', '--for=bogus', 'pod/web'], 'error: unrecognized condition: "bogus"\n'],
    [
      ['create', 'ns'],
      "error: exactly one NAME is required, got 0\nSee 'kubectl create namespace -h' for help and examples\n",
    ],
    [['create'], 'error: must specify one of -f and -k\n'],
    [
      ['taint', 'nodes', 'n', 'a=b:Bogus'],
      "error: invalid taint effect: Bogus, unsupported taint effect\nSee 'kubectl taint -h' for help and examples\n",
    ],
    [['top', 'pods'], 'error: Metrics API not available\n'],
    [['apply', '-f', 'nofile.yaml'], 'error: the path "nofile.yaml" does not exist\n'],
  ])('%j is a mistake', async (argv, stderr) => {
    expect(await (await started()).run(argv)).toEqual({ stdout: '', stderr, exit: 1 });
  });

  it.each([
    ['', 'error: no objects passed to apply\n'],
    [
      'just a string\n',
      'error: error validating "STDIN": error validating data: invalid object to validate; if you choose to ignore these errors, turn validation off with --validate=false\n',
    ],
    ['{"apiVersion":"v1","kind":"Pod"\n', 'error: error parsing STDIN: unexpected EOF\n'],
    [
      'kind: Pod\n',
      'error: error validating "STDIN": error validating data: apiVersion not set; if you choose to ignore these errors, turn validation off with --validate=false\n',
    ],
    [
      'apiVersion: v1\nkind: Bogus\nmetadata: {name: x}\n',
      'error: resource mapping not found for name: "x" namespace: "" from "STDIN": no matches for kind "Bogus" in version "v1"\nensure CRDs are installed first\n',
    ],
    [
      'apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: other}\n',
      'error: the namespace from the provided object "other" does not match the namespace "mine". You must pass \'--namespace=other\' to perform this operation.\n',
    ],
  ])('does not apply %j', async (manifest, stderr) => {
    expect(await new FakeTerminal().run(['apply', '-n', 'mine', '-f', '-'], manifest)).toEqual({
      stdout: '',
      stderr,
      exit: 1,
    });
  });

  it('applies the documents of a directory and goes on past one that fails', async () => {
    const terminal = new FakeTerminal();
    terminal.files.set('dir/b.yaml', `${WEB}---\n${WEB.replace('name: web', 'name: two')}`);
    terminal.files.set('dir/a.txt', 'not: this');
    terminal.files.set('dir/a.yaml', 'kind: Pod\n');
    const run = await terminal.run(['apply', '-f', 'dir']);
    expect(run.stdout).toBe('pod/web created\npod/two created\n');
    expect(run.stderr).toContain('error validating "dir/a.yaml"');
    expect(run.exit).toBe(1);
  });

  it('edits until the text is accepted or left alone', async () => {
    const terminal = await started();
    terminal.edit = (text) => text.replace('image: nginx:1.27', 'image: nginx:1.28');
    expect(await terminal.run(['edit', 'pod/web'])).toEqual({ stdout: 'pod/web edited\n', stderr: '', exit: 0 });
    expect((await terminal.run(['get', 'pod', 'web', '-o', 'jsonpath={..image}'])).stdout).toBe('nginx:1.28');
    terminal.edit = (text) => text;
    expect(await terminal.run(['edit', 'pod/web'])).toEqual({
      stdout: '',
      stderr: 'Edit cancelled, no changes made.\n',
      exit: 0,
    });
  });

  it('sends bodies with sorted keys, and who writes', async () => {
    const terminal = await started();
    const create = terminal.server.requests.find((request) => request.method === 'POST');
    expect(create?.path).toBe(
      '/api/v1/namespaces/default/pods?fieldManager=kubectl-client-side-apply&fieldValidation=Strict',
    );
    expect(
      create?.body.startsWith(
        '{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{"kubectl.kubernetes.io/last-applied',
      ),
    ).toBe(true);
  });

  it('does nothing more after Ctrl-C', async () => {
    const terminal = await started();
    terminal.server.refuseEvictions = true;
    await terminal.run(['patch', 'pod', 'web', '-p', '{"spec":{"nodeName":"n"}}']);
    terminal.server.objects.set('/nodes/n', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } });
    terminal.interruptAfter = 60_000_000;
    const requests = (): number => terminal.server.requests.filter((each) => each.path.endsWith('/eviction')).length;
    void terminal.run(['drain', 'n', '--force']);
    for (let i = 0; i < 2000; i++) await Promise.resolve();
    const seen = requests();
    expect(seen).toBeGreaterThan(5);
    expect(seen).toBeLessThan(20);
    for (let i = 0; i < 2000; i++) await Promise.resolve();
    expect(requests()).toBe(seen);
  });

  it('lists its verbs in order and gives help for each', async () => {
    expect(COMMANDS.map((each) => each.name)).toEqual(COMMANDS.map((each) => each.name).sort());
    const terminal = new FakeTerminal();
    for (const { name } of COMMANDS) {
      const help = await terminal.run([name, '--help']);
      expect(help.exit).toBe(0);
      expect(help.stdout).toContain(`Usage:\n  kubectl ${name}`);
    }
  });
});
