import { createSecureContext } from 'node:tls'
import type { ServiceConfig } from '../../../config.ts'
import { MAX_CREDENTIAL_BYTES, parseCredential } from '../../../core/resource/credential.ts'
import { CheopsError } from '../../../errors.ts'
import { WatchedFile } from './watched-file.ts'

/** What shows that a request is the agent's own. */
export interface Shown {
  /** Headers to send, names and values in turn. */
  readonly headers: readonly string[]
  /** The client certificate to show, PEM. */
  readonly certificate: { readonly cert: string; readonly key: string } | undefined
}

/** The agent's own account at one service instance. */
export interface CredentialSource {
  /**
   * What to show now. Files are looked at each time, so that one that was rotated is used at once.
   * @throws CheopsError ERR_CREDENTIAL, which names the key and the file and says nothing of the content
   */
  show(): Promise<Shown>
}

export function credentialSource({ name, credential, endpoint }: ServiceConfig): CredentialSource {
  if (credential === undefined) return { show: () => Promise.resolve(NOTHING) }
  if (credential.kind === 'certificate') {
    if (!endpoint.startsWith('https:')) {
      const why = 'can be shown to an https:// endpoint only'
      return { show: () => Promise.reject(new CheopsError('ERR_CREDENTIAL', `credential.cert of "${name}" ${why}`)) }
    }
    return certificateSource(name, credential)
  }
  const { kind, file } = credential
  const what = `credential.${kind}File of "${name}" (${file})`
  const read = reader(what, file)
  return {
    async show() {
      const content = parseCredential(kind, await read())
      switch (content.kind) {
        case 'invalid':
          throw new CheopsError('ERR_CREDENTIAL', `${what} cannot be used: ${content.problem}`)
        case 'bearer':
          return { headers: ['Authorization', `Bearer ${content.token}`], certificate: undefined }
        case 'basic': {
          const encoded = Buffer.from(content.userAndPassword, 'utf8').toString('base64')
          return { headers: ['Authorization', `Basic ${encoded}`], certificate: undefined }
        }
        case 'headers':
          return { headers: content.rawHeaders, certificate: undefined }
      }
    },
  }
}

const NOTHING: Shown = { headers: [], certificate: undefined }

function certificateSource(name: string, files: { readonly cert: string; readonly key: string }): CredentialSource {
  const readCert = reader(`credential.cert of "${name}" (${files.cert})`, files.cert)
  const readKey = reader(`credential.key of "${name}" (${files.key})`, files.key)
  let checked: Shown | undefined
  return {
    async show() {
      const cert = await readCert()
      const key = await readKey()
      if (checked?.certificate?.cert === cert && checked.certificate.key === key) return checked
      try {
        createSecureContext({ cert, key })
      } catch {
        const what = `credential.cert and credential.key of "${name}" (${files.cert}, ${files.key})`
        throw new CheopsError('ERR_CREDENTIAL', `${what} are no certificate and its private key, both in PEM`)
      }
      checked = { headers: [], certificate: { cert, key } }
      return checked
    },
  }
}

function reader(what: string, file: string): () => Promise<string> {
  const watched = new WatchedFile(file, MAX_CREDENTIAL_BYTES)
  return async () => {
    try {
      return await watched.text()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      throw new CheopsError('ERR_CREDENTIAL', `${what} ${WHY[code] ?? `cannot be read (${code || 'unknown'})`}`)
    }
  }
}

const WHY: { readonly [code in string]?: string } = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by the agent',
  EISDIR: 'is a folder',
  EFBIG: `has more than ${MAX_CREDENTIAL_BYTES} bytes`,
}
