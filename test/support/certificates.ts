import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthority, issueCertificate } from '../../src/cli/certificates.ts'

/** An authority of one test file, made at run time as `cheops init` makes them: nothing expires in the repository. */
export interface TestAuthority {
  /** File of its certificate. */
  readonly ca: string
  /** Files of a certificate for these hosts, good for a server and for a client. */
  issue(name: string, hosts?: readonly string[]): Promise<{ readonly cert: string; readonly key: string }>
}

/** Authorities in a temporary folder that `remove` takes away. */
export async function testAuthorities<Name extends string>(
  ...names: readonly Name[]
): Promise<{ readonly authorities: Readonly<Record<Name, TestAuthority>>; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cheops-test-'))
  const authorities: Partial<Record<Name, TestAuthority>> = {}
  for (const name of names) authorities[name] = await authorityIn(folder, name)
  return {
    authorities: authorities as Record<Name, TestAuthority>,
    remove: () => rm(folder, { recursive: true }),
  }
}

async function authorityIn(folder: string, name: string): Promise<TestAuthority> {
  const authority = await createAuthority(name)
  const ca = join(folder, `${name}.pem`)
  await writeFile(ca, authority.certificate.toString('pem'))
  return {
    ca,
    async issue(subject, hosts = []) {
      const { certificatePem, keyPem } = await issueCertificate(authority, subject, hosts)
      const files = { cert: join(folder, `${name}-${subject}.pem`), key: join(folder, `${name}-${subject}.key`) }
      await writeFile(files.cert, certificatePem)
      await writeFile(files.key, keyPem)
      return files
    },
  }
}
