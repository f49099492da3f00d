// Who may talk to whom: certificates of a door, and what is wrong with one that is shown. Texts are those of Go's crypto/tls.
import { parseCertificate, type Certificate } from '../../../api/certificate.ts';
import type { Disk } from '../../../sim/env.ts';
import type { Tls } from './options.ts';

export interface Identity {
  readonly certificate: Certificate | undefined;
  /** Whose word counts; undefined: nobody is asked who they are. */
  readonly trustedIssuer: string | undefined;
  readonly clientCertAuth: boolean;
}

/** Throws what the operating system says about a file that is not there. */
export function loadIdentity(disk: Disk, { certFile, trustedCaFile, clientCertAuth }: Tls): Identity {
  return {
    certificate: certFile === undefined ? undefined : load(disk, certFile),
    trustedIssuer: trustedCaFile === undefined ? undefined : load(disk, trustedCaFile).subject,
    clientCertAuth,
  };
}

function load(disk: Disk, path: string): Certificate {
  const text = disk.read(path);
  if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
  const certificate = parseCertificate(text);
  if (certificate === undefined) throw new Error('tls: failed to find any PEM data in certificate input');
  return certificate;
}

/** Why a client is turned away: what the server logs, and the alert that the client gets. */
export interface Refusal {
  readonly error: string;
  readonly alert: string;
}

export function refusalOf(identity: Identity, shown: Certificate | undefined): Refusal | undefined {
  if (!identity.clientCertAuth) return undefined;
  if (shown === undefined)
    return { error: "tls: client didn't provide a certificate", alert: 'remote error: tls: certificate required' };
  if (shown.issuer === identity.trustedIssuer) return undefined;
  return {
    error: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    alert: 'remote error: tls: bad certificate',
  };
}

/** What a client thinks of the server; undefined: it goes on. */
export function distrustOf(identity: Identity, server: Certificate | undefined): string | undefined {
  if (identity.trustedIssuer === undefined || server?.issuer === identity.trustedIssuer) return undefined;
  return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
}
