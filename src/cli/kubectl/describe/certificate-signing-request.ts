// Models describeCertificateSigningRequest.
import { DerError } from '../../../api/x509/der.ts';
import { parseRequest } from '../../../api/x509/certificate-request.ts';
import { humanDuration } from '../../../lib/duration.ts';
import { SECOND } from '../../../lib/time.ts';
import { base64ToText } from '../../text/base64.ts';
import { CliError } from '../errors.ts';
import { annotationsOf, labelsOf, list, nameOf, num, str } from '../object.ts';
import type { Obj } from '../server.ts';
import { writeEvents } from './events.ts';
import { DescribeWriter, labelLines, LEVEL_0, timeText } from './writer.ts';
import type { Describer } from './writer.ts';

export const certificateSigningRequest: Describer = {
  group: 'certificates.k8s.io',
  kind: 'CertificateSigningRequest',
  async describe(context, object, events) {
    const request = parsed(str(object, 'spec', 'request'));
    const { subject } = request;
    const writer = new DescribeWriter();
    const several = (name: string, values: readonly string[]): void => {
      if (values.length > 0) writer.write(LEVEL_0, `\t${name}:\t${values.join('\n\t\t')}\n`);
    };
    writer.line(LEVEL_0, 'Name:', nameOf(object));
    writer.line(LEVEL_0, 'Labels:', oneLine(labelsOf(object)));
    writer.line(LEVEL_0, 'Annotations:', oneLine(annotationsOf(object)));
    writer.line(LEVEL_0, 'CreationTimestamp:', timeText(str(object, 'metadata', 'creationTimestamp')));
    writer.line(LEVEL_0, 'Requesting User:', str(object, 'spec', 'username'));
    if (str(object, 'spec', 'signerName') !== '') writer.line(LEVEL_0, 'Signer:', str(object, 'spec', 'signerName'));
    const seconds = num(object, 'spec', 'expirationSeconds');
    if (seconds !== undefined) writer.line(LEVEL_0, 'Requested Duration:', humanDuration(seconds * SECOND));
    writer.line(LEVEL_0, 'Status:', stateOf(object));
    writer.write(LEVEL_0, 'Subject:\n');
    writer.write(LEVEL_0, `\tCommon Name:\t${subject.commonName}\n`);
    writer.write(LEVEL_0, `\tSerial Number:\t${subject.serialNumber}\n`);
    several('Organization', subject.organization);
    several('Organizational Unit', subject.organizationalUnit);
    several('Country', subject.country);
    several('Locality', subject.locality);
    several('Province', subject.province);
    several('StreetAddress', subject.streetAddress);
    several('PostalCode', subject.postalCode);
    const { dnsNames, emailAddresses, uris, ipAddresses } = request;
    if (dnsNames.length + emailAddresses.length + uris.length + ipAddresses.length > 0)
      writer.write(LEVEL_0, 'Subject Alternative Names:\n');
    several('DNS Names', dnsNames);
    several('Email Addresses', emailAddresses);
    several('URIs', uris);
    several('IP Addresses', ipAddresses);
    writeEvents(context, writer, await events(object));
    return writer.finish();
  },
};

function parsed(base64: string): ReturnType<typeof parseRequest> {
  try {
    return parseRequest(base64ToText(base64));
  } catch (error) {
    if (error instanceof DerError) throw new CliError(`Error parsing CSR: ${error.message}`);
    throw error;
  }
}

/** Models labels.FormatLabels. */
function oneLine(labels: Readonly<Record<string, string>>): string {
  const lines = labelLines(labels);
  return lines.length === 0 ? '<none>' : lines.join(',');
}

/** Models extractCSRStatus. */
function stateOf(object: Obj): string {
  const types = list(object, 'status', 'conditions').map((condition) => str(condition, 'type'));
  const verdict = types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending';
  const failed = types.includes('Failed') ? ',Failed' : '';
  return `${verdict}${failed}${str(object, 'status', 'certificate') === '' ? '' : ',Issued'}`;
}
