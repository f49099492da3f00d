import { describe, expect, it } from 'vitest';
import { FakeTerminal } from './fake-server.testing.ts';

const WEB = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx:1.27}]}
`;

describe('kubectl', () => {
  it('applies, gets, describes and deletes', async () => {
    const terminal = new FakeTerminal();
    expect(await terminal.run(['apply', '-f', '-'], WEB)).toEqual({ stdout: 'pod/web created\n', stderr: '', exit: 0 });
    expect(await terminal.run(['apply', '-f', '-'], WEB)).toEqual({ stdout: 'pod/web unchanged\n', stderr: '', exit: 0 });
    expect((await terminal.run(['apply', '-f', '-'], WEB.replace('1.27', '1.28'))).stdout).toBe('pod/web configured\n');
    expect((await terminal.run(['get', 'po'])).stdout).toBe('NAME\nweb\n');
    expect((await terminal.run(['get', 'po', '-o', 'wide'])).stdout).toBe('NAME   EXTRA\nweb    x\n');
    expect((await terminal.run(['get', 'po', '-o', 'name'])).stdout).toBe('pod/web\n');
    expect((await terminal.run(['get', 'pod/web', '-o=jsonpath={.spec.containers[0].image}'])).stdout).toBe('nginx:1.28');
    expect((await terminal.run(['describe', 'pod', 'web'])).stdout).toContain('Labels:       app=web\nAnnotations:  <none>\n');
    expect((await terminal.run(['delete', 'pod', 'web'])).stdout).toBe('pod "web" deleted from default namespace\n');
    expect(await terminal.run(['delete', 'pod', 'web'])).toEqual({ stdout: '', stderr: 'Error from server (NotFound): pods "web" not found\n', exit: 1 });
  });
});
