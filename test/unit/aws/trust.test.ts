import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AccessError } from '../../../src/aws/faults/access-error.ts';
import { explainAccess } from '../../../src/aws/access/explain-access.ts';
import { trust } from '../../../src/aws/network/trust.ts';
import { testEnvironment } from '../../support/fake-aws/environment.ts';
import { awsSettings } from '../../support/fake-aws/settings.ts';
import { testTls } from '../../support/fake-http/test-tls.ts';

const ca = readFileSync(testTls.caPath, 'utf8');
const damaged = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

function refusal(caBundle: string): AccessError {
  try {
    trust(caBundle, {});
  } catch (error) {
    if (error instanceof AccessError) return error;
    throw error;
  }
  throw new Error('it is trusted');
}

describe('a CA bundle', () => {
  it.each([
    { title: 'with text around its certificates', content: `# ours\n${ca}\nand once more\n${ca}` },
    { title: 'of OpenSSL', content: ca.replaceAll(' CERTIFICATE-', ' X509 CERTIFICATE-') },
    { title: 'with the line ends of Windows', content: ca.replaceAll('\n', '\r\n') },
  ])('$title is trusted', ({ content }) => {
    using environment = testEnvironment({});
    expect(trust(environment.write('ca.pem', content), {}).secureContext).toBeDefined();
    expect(trust(undefined, { AWS_CA_BUNDLE: environment.write('ca.pem', content) }).secureContext).toBeDefined();
  });

  it.each([
    { title: 'is empty', content: '', why: 'it holds no certificate in PEM form' },
    { title: 'holds something else', content: 'junk\n', why: 'it holds no certificate in PEM form' },
    { title: 'holds a key', content: readFileSync(testTls.caPath.replace('ca.pem', 'server.key'), 'utf8'), why: 'it holds no certificate in PEM form' },
    { title: 'holds a certificate that is cut short', content: ca.slice(0, 400), why: 'it holds no certificate in PEM form' },
    { title: 'holds a damaged certificate', content: `${ca}${damaged}${ca}`, why: 'certificate 2 of 3 in it is damaged' },
    { title: 'was cut off', content: `${ca}${ca.slice(0, 200)}`, why: 'it ends within a certificate' },
  ])('that $title is refused, because OpenSSL would silently pass it over', ({ content, why }) => {
    using environment = testEnvironment({});
    const path = environment.write('ca.pem', content);
    expect(refusal(path)).toMatchObject({ code: 'CaBundleUnreadable', kind: 'blocked' });
    expect(refusal(path).message).toBe(`the CA bundle ${path} cannot be used: ${why}`);
    expect(refusal(path).hint).toContain('openssl x509');
  });

  it('is parsed once, however many clients there are, and anew when the file is another one', () => {
    using environment = testEnvironment({});
    const path = environment.write('ca.pem', ca);
    const first = trust(path, {});
    expect(trust(path, {}).secureContext).toBe(first.secureContext);
    environment.write('ca.pem', `${ca}\n${ca}`);
    expect(trust(path, {}).secureContext).not.toBe(first.secureContext);
  });

  it('that is a directory, or not there, is refused', () => {
    expect(refusal('/nowhere/ca.pem').message).toContain('ENOENT');
    expect(refusal('/tmp').message).toContain('EISDIR');
  });

  it('that cannot be used is found by check, without a call', async () => {
    using environment = testEnvironment({ AWS_EC2_METADATA_DISABLED: 'true' });
    const question = (caBundle: string) =>
      explainAccess({ service: 'Kinesis', settings: awsSettings({ caBundle }), target: 'logs' }, environment.variables);
    expect(await question('/nowhere/ca.pem')).toMatchObject({ kind: 'failed', message: expect.stringContaining('/nowhere/ca.pem') });
    expect(await question(environment.write('ca.pem', 'junk'))).toMatchObject({ kind: 'failed', hint: expect.stringContaining('PEM') });
    expect(await question(testTls.caPath)).toMatchObject({ kind: 'explained' });
  });
});
