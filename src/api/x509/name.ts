// Names and alternative names in certificates. Models crypto/x509/pkix.
import type { Der } from './der.ts';
import { der, derOid, derText, oidOf, partsOf, Tag, textOf } from './der.ts';

export interface Subject {
  readonly commonName: string;
  readonly serialNumber: string;
  readonly organization: readonly string[];
  readonly organizationalUnit: readonly string[];
  readonly country: readonly string[];
  readonly locality: readonly string[];
  readonly province: readonly string[];
  readonly streetAddress: readonly string[];
  readonly postalCode: readonly string[];
}

export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
  readonly ipAddresses: readonly string[];
}

const COMMON_NAME = '2.5.4.3';

export function subjectOf(name: Der): Subject {
  const attributes = partsOf(name)
    .flatMap(partsOf)
    .map(partsOf)
    .flatMap(([type, value]) =>
      type === undefined || value === undefined ? [] : [[oidOf(type), textOf(value)] as const],
    );
  const all = (oid: string): string[] => attributes.flatMap(([type, value]) => (type === oid ? [value] : []));
  return {
    commonName: all(COMMON_NAME).at(-1) ?? '',
    serialNumber: all('2.5.4.5').at(-1) ?? '',
    country: all('2.5.4.6'),
    locality: all('2.5.4.7'),
    province: all('2.5.4.8'),
    streetAddress: all('2.5.4.9'),
    organization: all('2.5.4.10'),
    organizationalUnit: all('2.5.4.11'),
    postalCode: all('2.5.4.17'),
  };
}

export function nameOf(commonName: string): Uint8Array {
  return der(Tag.sequence, der(Tag.set, der(Tag.sequence, derOid(COMMON_NAME), derText(commonName))));
}

const EMAIL = 0x81;
const DNS = 0x82;
const URI = 0x86;
const IP = 0x87;

/** GeneralNames. */
export function alternativeNamesOf(names: Der | undefined): AlternativeNames {
  const parts = names === undefined ? [] : partsOf(names);
  const all = (tag: number): Der[] => parts.filter((part) => part.tag === tag);
  return {
    dnsNames: all(DNS).map(textOf),
    emailAddresses: all(EMAIL).map(textOf),
    uris: all(URI).map(textOf),
    ipAddresses: all(IP).map(({ content }) => addressOf(content)),
  };
}

const IPV4_BYTES = 4;

/** As Go writes it; of IPv6 nothing is left out. */
function addressOf(bytes: Uint8Array): string {
  if (bytes.length === IPV4_BYTES) return bytes.join('.');
  const groups: string[] = [];
  for (let i = 0; i < bytes.length; i += 2) groups.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  return groups.join(':');
}
