// Whether a request was signed by the key that it asks a certificate for. Models crypto/x509's CheckSignature.
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import {
  mgf1,
  PKCS1_SHA1,
  PKCS1_SHA256,
  PKCS1_SHA384,
  PKCS1_SHA512,
  PSS,
  type PublicKey as RsaKey,
} from 'micro-rsa-dsa-dh/rsa.js';
import type { Der } from './der.ts';
import { DerError, oidOf, partsOf, readDer } from './der.ts';

/** What is signed, by which algorithm (an AlgorithmIdentifier), by which key (a SubjectPublicKeyInfo). */
export interface Signed {
  readonly content: Uint8Array;
  readonly algorithm: Der;
  readonly signature: Uint8Array;
  readonly publicKey: Der;
}

type Kind = 'RSA' | 'ECDSA' | 'Ed25519';
type Verify = (signature: Uint8Array, content: Uint8Array) => boolean;

interface Algorithm {
  readonly kind: Kind;
  readonly rsa?: (key: RsaKey) => Verify;
  readonly digest?: (content: Uint8Array) => Uint8Array;
}

interface Key {
  readonly kind: Kind;
  /** Go's type, as `%T` prints it. */
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly curve?: string;
}

const RSA_SIGNATURES = '1.2.840.113549.1.1';
const RSA_PSS = `${RSA_SIGNATURES}.10`;
const ED25519 = '1.3.101.112';
/** Go knows them, and will not have them. */
const INSECURE: Readonly<Record<string, string>> = { [`${RSA_SIGNATURES}.4`]: 'MD5-RSA' };

const pkcs1 = (verifier: typeof PKCS1_SHA256): Algorithm => ({
  kind: 'RSA',
  rsa: (key) => (signature, content) => verifier.verify(key, content, signature),
});
const pss = (hash: Parameters<typeof PSS>[0]): Algorithm => ({
  kind: 'RSA',
  rsa: (key) => (signature, content) => PSS(hash, mgf1(hash), hash.outputLen).verify(key, content, signature),
});

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  [`${RSA_SIGNATURES}.5`]: pkcs1(PKCS1_SHA1),
  [`${RSA_SIGNATURES}.11`]: pkcs1(PKCS1_SHA256),
  [`${RSA_SIGNATURES}.12`]: pkcs1(PKCS1_SHA384),
  [`${RSA_SIGNATURES}.13`]: pkcs1(PKCS1_SHA512),
  '1.2.840.10045.4.1': { kind: 'ECDSA', digest: sha1 },
  '1.2.840.10045.4.3.2': { kind: 'ECDSA', digest: sha256 },
  '1.2.840.10045.4.3.3': { kind: 'ECDSA', digest: sha384 },
  '1.2.840.10045.4.3.4': { kind: 'ECDSA', digest: sha512 },
  [ED25519]: { kind: 'Ed25519' },
};

/** By the hash that they are made with. */
const PSS_ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  '2.16.840.1.101.3.4.2.1': pss(sha256),
  '2.16.840.1.101.3.4.2.2': pss(sha384),
  '2.16.840.1.101.3.4.2.3': pss(sha512),
};

const CURVES: Readonly<Record<string, typeof p256>> = {
  '1.2.840.10045.3.1.7': p256,
  '1.3.132.0.34': p384,
  '1.3.132.0.35': p521,
};
/** Go has it; the library does not. */
const P224 = '1.3.132.0.33';

const KEYS: Readonly<Record<string, Pick<Key, 'kind' | 'type'>>> = {
  [`${RSA_SIGNATURES}.1`]: { kind: 'RSA', type: '*rsa.PublicKey' },
  '1.2.840.10045.2.1': { kind: 'ECDSA', type: '*ecdsa.PublicKey' },
  [ED25519]: { kind: 'Ed25519', type: 'ed25519.PublicKey' },
};

const FAILURES: Readonly<Record<Kind, string>> = {
  RSA: 'crypto/rsa: verification error',
  ECDSA: 'x509: ECDSA verification failure',
  Ed25519: 'x509: Ed25519 verification failure',
};

const UNIMPLEMENTED = 'x509: cannot verify signature: algorithm unimplemented';

/** Throws DerError: in Go's words, why the signature proves nothing. */
export function checkSignature({ content, algorithm: identifier, signature, publicKey }: Signed): void {
  const key = keyOf(publicKey);
  const [oid, parameters] = partsOf(identifier);
  const name = oid === undefined ? '' : oidOf(oid);
  const insecure = INSECURE[name];
  if (insecure !== undefined) throw new DerError(`x509: cannot verify signature: insecure algorithm ${insecure}`);
  const algorithm = name === RSA_PSS ? PSS_ALGORITHMS[pssHashOf(parameters)] : ALGORITHMS[name];
  if (algorithm === undefined || key === undefined) throw new DerError(UNIMPLEMENTED);
  if (algorithm.kind !== key.kind)
    throw new DerError(
      `x509: signature algorithm specifies an ${algorithm.kind} public key, but have public key of type ${key.type}`,
    );
  if (!holds(() => verifierOf(algorithm, key)(signature, content))) throw new DerError(FAILURES[key.kind]);
}

/** Throws DerError; undefined: of no kind that is known. Models parsePublicKey. */
function keyOf(info: Der): Key | undefined {
  const [identifier, bits] = partsOf(info);
  const [oid, parameters] = identifier === undefined ? [] : partsOf(identifier);
  const known = oid === undefined ? undefined : KEYS[oidOf(oid)];
  if (known === undefined || bits === undefined) return undefined;
  const bytes = bits.content.subarray(1);
  if (known.kind !== 'ECDSA') return { ...known, bytes };
  const curve = parameters === undefined ? '' : oidOf(parameters);
  if (curve !== P224 && CURVES[curve] === undefined) throw new DerError('x509: unsupported elliptic curve');
  return { ...known, bytes, curve };
}

/** The hash stands in `[0]` of RSASSA-PSS-params. */
function pssHashOf(parameters: Der | undefined): string {
  const [hash] = parameters === undefined ? [] : partsOf(parameters);
  const [identifier] = hash === undefined ? [] : partsOf(hash);
  const [oid] = identifier === undefined ? [] : partsOf(identifier);
  return oid === undefined ? '' : oidOf(oid);
}

function verifierOf({ rsa, digest }: Algorithm, key: Key): Verify {
  if (rsa !== undefined) return rsa(rsaKeyOf(key));
  if (digest === undefined) return (signature, content) => ed25519.verify(signature, content, key.bytes);
  const curve = CURVES[key.curve ?? ''];
  if (curve === undefined) throw new DerError(UNIMPLEMENTED);
  const how = { prehash: false, lowS: false, format: 'der' } as const;
  return (signature, content) => curve.verify(signature, digest(content), key.bytes, how);
}

function rsaKeyOf({ bytes }: Key): RsaKey {
  const [n, e] = partsOf(readDer(bytes)).map(({ content }) => BigInt(`0x${bytesToHex(content)}`));
  if (n === undefined || e === undefined) throw new DerError('x509: invalid RSA public key');
  return { n, e };
}

/** The libraries throw at what is not even the form of a key or of a signature. */
function holds(verify: () => boolean): boolean {
  try {
    return verify();
  } catch (error) {
    if (error instanceof DerError) throw error;
    return false;
  }
}
