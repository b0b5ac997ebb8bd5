// @peculiar/x509 injects its parts by decorators, which need this before anything else.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import type { webcrypto as WebCrypto } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import { CheopsError } from '../errors.ts'

/** P-256 is what every TLS library of the last decade verifies. */
const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const
const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3_650
/** Below the 398 days above which browsers refuse a certificate. */
const CERTIFICATE_DAYS = 397
/** Clocks of other machines may be a little behind. */
const BACKDATE_MS = 3_600_000

export interface Authority {
  readonly certificate: x509.X509Certificate
  readonly key: WebCrypto.CryptoKey
  readonly keyPem: string
}

/** Makes a self-signed authority for the certificates of a mesh's listeners. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    serialNumber: serial(),
    notBefore: new Date(Date.now() - BACKDATE_MS),
    notAfter: new Date(Date.now() + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate, key: keys.privateKey, keyPem: await pem(keys.privateKey) }
}

/** @throws CheopsError ERR_CLI_USAGE when the files are no authority of `createAuthority` */
export async function loadAuthority(certificateFile: string, keyFile: string): Promise<Authority> {
  try {
    const certificate = new x509.X509Certificate(await readFile(certificateFile, 'utf8'))
    const keyPem = await readFile(keyFile, 'utf8')
    const [bytes = new ArrayBuffer(0)] = x509.PemConverter.decode(keyPem)
    const key = await webcrypto.subtle.importKey('pkcs8', bytes, KEY, true, ['sign'])
    return { certificate, key, keyPem }
  } catch (error) {
    throw new CheopsError(
      'ERR_CLI_USAGE',
      `${certificateFile} and ${keyFile} are no usable authority.`,
      {},
      { cause: error },
    )
  }
}

/** A certificate that serves as server's and as client's, for these host names and IP addresses. */
export async function issueCertificate(
  authority: Authority,
  name: string,
  hosts: readonly string[],
): Promise<{ readonly certificatePem: string; readonly keyPem: string }> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [name] }],
    issuer: authority.certificate.subjectName,
    serialNumber: serial(),
    notBefore: new Date(Date.now() - BACKDATE_MS),
    notAfter: new Date(Date.now() + CERTIFICATE_DAYS * DAY_MS),
    signingAlgorithm: SIGNING,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(
        [...new Set([name, ...hosts])].map(host => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificatePem: certificate.toString('pem'), keyPem: await pem(keys.privateKey) }
}

/** 126 random bits, positive in DER. */
function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

const pem = async (key: WebCrypto.CryptoKey) =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY') + '\n'
