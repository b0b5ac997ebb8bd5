import { createPrivateKey, X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { access, readFile, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { keptFreeBytes, type Config, type Limits, type TlsServer } from '../../config.ts'
import type { CertificateFact, FileFact, FolderFact } from '../../core/check/index.ts'
import { parseCredential } from '../../core/resource/credential.ts'
import type { CredentialText } from '../../core/resource/credential.ts'

interface Wanted {
  readonly path: string
  readonly what: string
  readonly secret: boolean
  /** Made at the start when it does not exist. */
  readonly made?: true
  /** Says what is wrong with the content, undefined when nothing is. */
  readonly inspect?: (content: string) => string | undefined
}

/** All files that a configuration names. */
function wantedFiles(config: Config): Wanted[] {
  const tls = (server: TlsServer | undefined, of: string): Wanted[] =>
    server === undefined
      ? []
      : [
          { path: server.cert, what: `certificate of ${of}`, secret: false, inspect: inspectCertificate },
          { path: server.key, what: `private key of ${of}`, secret: true, inspect: inspectKey },
          ...authority(server.clientCA, `client authority of ${of}`),
        ]
  const authority = (file: string | undefined, what: string): Wanted[] =>
    file === undefined ? [] : [{ path: file, what, secret: false, inspect: inspectCertificate }]
  const file = (name: string | undefined, what: string, inspect?: Wanted['inspect'], secret = true): Wanted[] =>
    name === undefined ? [] : [{ path: name, what, secret, ...(inspect === undefined ? {} : { inspect }) }]

  return [
    ...file(config.meshKey, 'mesh key', inspectMeshKey),
    ...tls(config.ingress.tls, 'the ingress'),
    ...file(config.ingress.tokenFile, 'token of the ingress', inspectToken),
    ...tls(config.admin.tls, 'the admin API'),
    { path: config.admin.tokenFile, what: 'token of the admin API', secret: true, made: true, inspect: inspectToken },
    ...config.services.flatMap(({ name, glue, tls: server, endpointTLS, credential }): Wanted[] => [
      ...(path.isAbsolute(glue) ? [{ path: glue, what: `glue of ${name}`, secret: false }] : []),
      ...tls(server, name),
      ...authority(endpointTLS?.ca, `authority of the endpoint of ${name}`),
      ...file(endpointTLS?.cert, `certificate for the endpoint of ${name}`, inspectCertificate, false),
      ...file(endpointTLS?.key, `private key for the endpoint of ${name}`, inspectKey),
      ...(credential === undefined
        ? []
        : credential.kind === 'certificate'
          ? [
              ...file(credential.cert, `credential of ${name}`, inspectCertificate, false),
              ...file(credential.key, `private key of the credential of ${name}`, inspectKey),
            ]
          : file(credential.file, `credential of ${name}`, content => inspectCredential(credential.kind, content))),
    ]),
  ]
}

export function probeFiles(config: Config): Promise<readonly FileFact[]> {
  return Promise.all(wantedFiles(config).map(probeFile))
}

async function probeFile(wanted: Wanted): Promise<FileFact> {
  const { path: file, what, secret } = wanted
  const fact = (state: FileFact['state'], openToOthers = false, detail?: string): FileFact => ({
    path: file,
    what,
    state,
    secret,
    openToOthers,
    ...(detail === undefined ? {} : { detail }),
  })
  try {
    const { mode } = await stat(file)
    const openToOthers = (mode & 0o077) !== 0
    const detail = wanted.inspect?.(await readFile(file, 'utf8'))
    return detail === undefined ? fact('ok', openToOthers) : fact('invalid', openToOthers, detail)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return fact('unreadable')
    return fact(wanted.made === true ? 'missing-ok' : 'missing')
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** The format of go-libp2p and js-libp2p: three lines, the last with 32 bytes in hexadecimal. */
function inspectMeshKey(content: string): string | undefined {
  return /^\/key\/swarm\/psk\/1\.0\.0\/\s+\/base16\/\s+[0-9a-fA-F]{64}\s*$/.test(content)
    ? undefined
    : 'it must have the three lines "/key/swarm/psk/1.0.0/", "/base16/" and 64 hexadecimal digits'
}

function inspectToken(content: string): string | undefined {
  const token = content.trim()
  if (token === '') return 'it is empty'
  return /^[\x21-\x7e]{1,4096}$/.test(token) ? undefined : 'a token is one line of visible characters'
}

function inspectCredential(kind: CredentialText, content: string): string | undefined {
  const parsed = parseCredential(kind, content)
  return parsed.kind === 'invalid' ? parsed.problem : undefined
}

function inspectCertificate(content: string): string | undefined {
  try {
    new X509Certificate(content)
    return undefined
  } catch {
    return 'it is no certificate in PEM'
  }
}

function inspectKey(content: string): string | undefined {
  try {
    createPrivateKey(content)
    return undefined
  } catch {
    return 'it is no private key in PEM (without a passphrase)'
  }
}

/** Certificates of the listeners and of credentials, with whether they fit their keys. Files that cannot be read are found by `probeFiles`. */
export async function probeCertificates(config: Config): Promise<readonly CertificateFact[]> {
  const pairs = [
    config.ingress.tls,
    config.admin.tls,
    ...config.services.map(service => service.tls),
    ...config.services.map(({ credential }) => (credential?.kind === 'certificate' ? credential : undefined)),
  ].filter(pair => pair !== undefined)
  const unique = [...new Map(pairs.map(pair => [`${pair.cert}\0${pair.key}`, pair])).values()]
  const facts = await Promise.all(
    unique.map(async ({ cert, key }): Promise<CertificateFact[]> => {
      try {
        const certificate = new X509Certificate(await readFile(cert))
        const privateKey = createPrivateKey(await readFile(key))
        return [
          {
            path: cert,
            daysLeft: (certificate.validToDate.getTime() - Date.now()) / 86_400_000,
            matchesKey: certificate.checkPrivateKey(privateKey),
          },
        ]
      } catch {
        return []
      }
    }),
  )
  return facts.flat()
}

export async function probeFolder(folder: string, limits: Pick<Limits, 'freeBytes'>): Promise<FolderFact> {
  const fact = (state: FolderFact['state'], openToOthers = false, room?: FolderFact['room']): FolderFact => ({
    path: folder,
    state,
    openToOthers,
    room,
  })
  try {
    const found = await stat(folder)
    if (!found.isDirectory()) return fact('not-a-folder')
    await access(folder, constants.W_OK | constants.X_OK)
    return fact('ok', (found.mode & 0o077) !== 0, await roomOf(folder, limits))
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return fact('not-a-folder')
    if (codeOf(error) !== 'ENOENT') return fact('not-writable')
    const parent = await nearestFolder(path.dirname(folder))
    return parent === undefined ? fact('not-writable') : fact('creatable', false, await roomOf(parent, limits))
  }
}

/** The first folder above that exists, if something can be made in it. */
async function nearestFolder(folder: string): Promise<string | undefined> {
  try {
    await access(folder, constants.W_OK | constants.X_OK)
    return folder
  } catch (error) {
    const up = path.dirname(folder)
    return codeOf(error) === 'ENOENT' && up !== folder ? nearestFolder(up) : undefined
  }
}

/** Undefined where the file system tells no size: some that are mounted from elsewhere say 0 of everything. */
async function roomOf(folder: string, limits: Pick<Limits, 'freeBytes'>): Promise<FolderFact['room']> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder)
    return blocks === 0 ? undefined : { freeBytes: bavail * bsize, keptBytes: keptFreeBytes(limits, blocks * bsize) }
  } catch {
    return undefined
  }
}
