import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { packTar, unpackTar } from './tar.ts';

const ENTRIES = [
  { name: 'web/', text: '' },
  { name: 'web/index.html', text: '<h1>Grüße</h1>\n' },
  { name: `${'d'.repeat(60)}/${'f'.repeat(60)}`, text: 'x'.repeat(513) },
];

describe('tar', () => {
  it('unpacks what it packs', () => {
    expect(unpackTar(packTar(ENTRIES))).toEqual(ENTRIES);
  });

  it('is read by the system’s tar', () => {
    const listed = execFileSync('tar', ['tf', '-'], { input: packTar(ENTRIES), encoding: 'utf8' });
    expect(listed.trimEnd().split('\n')).toEqual(ENTRIES.map(({ name }) => name));
  });

  it('knows what is no archive', () => {
    expect(unpackTar('no archive')).toBeUndefined();
    expect(unpackTar('x'.repeat(1024))).toBeUndefined();
  });
});
