import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createAuthority, issueCertificate } from '../../../src/cli/certificates.ts'

/** Files (PEM) for both ends of a middle leg: each proves itself to the other, as agents do by noise. */
export interface MiddleLeg {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export async function writeCertificates(folder: string): Promise<MiddleLeg> {
  await mkdir(folder, { recursive: true })
  const authority = await createAuthority('Cheops benchmark')
  const { certificatePem, keyPem } = await issueCertificate(authority, 'localhost', ['localhost', '127.0.0.1'])
  const files = {
    ca: path.join(folder, 'ca.pem'),
    cert: path.join(folder, 'cert.pem'),
    key: path.join(folder, 'key.pem'),
  }
  await writeFile(files.ca, authority.certificate.toString('pem'))
  await writeFile(files.cert, certificatePem)
  await writeFile(files.key, keyPem, { mode: 0o600 })
  return files
}
