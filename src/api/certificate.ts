/** Stands for an X.509 certificate: nothing is signed, so that `issuer` is the word of whoever shows it. */
export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
}

/** The header that a client's certificate travels in, where a real one would have shown it while it connected. */
export const CERTIFICATE_HEADER = 'x-client-certificate';

/** As `openssl x509 -text` begins. */
export function certificateText({ subject, issuer }: Certificate): string {
  return `Certificate:\n    Issuer: CN=${issuer}\n    Subject: CN=${subject}\n`;
}

/** undefined: not a certificate. */
export function parseCertificate(text: string | undefined): Certificate | undefined {
  const subject = /^\s*Subject: CN ?= ?(.+)$/m.exec(text ?? '')?.[1];
  const issuer = /^\s*Issuer: CN ?= ?(.+)$/m.exec(text ?? '')?.[1];
  return subject === undefined || issuer === undefined ? undefined : { subject, issuer };
}

export function certificateHeader(certificate: Certificate | undefined): Readonly<Record<string, string>> {
  return certificate === undefined ? {} : { [CERTIFICATE_HEADER]: JSON.stringify(certificate) };
}

export function certificateOfHeader(header: string | undefined): Certificate | undefined {
  if (header === undefined) return undefined;
  try {
    const { subject, issuer } = JSON.parse(header) as Partial<Certificate>;
    return typeof subject === 'string' && typeof issuer === 'string' ? { subject, issuer } : undefined;
  } catch {
    return undefined;
  }
}
