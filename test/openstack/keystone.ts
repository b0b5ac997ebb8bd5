import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { plainEnvironment, run, start, untilItAnswers, type Running } from './processes.ts'

/** Administrator of every Keystone of this suite; they stand on loopback for a minute. */
export const ADMIN = { username: 'admin', password: 'cheops-test', project: 'admin' } as const

/** Migrations of the database take 5 to 20 s on two cores. */
const MANAGE_TIMEOUT_MS = 180_000

/** A folder with configuration, database and keys; not yet running. */
export interface KeystoneFolder {
  readonly folder: string
  readonly config: string
}

/** An empty Keystone: schema and nothing in it. Everything else starts from a copy, since migrations are slow. */
export async function makeEmptyKeystone(folder: string): Promise<KeystoneFolder> {
  const keystone = await writeConfig(folder)
  await manage(keystone, ['db_sync'])
  useWal(join(folder, 'keystone.db'))
  return keystone
}

/** A Keystone with keys and an administrator of its own. */
export async function makeKeystone(empty: KeystoneFolder, folder: string): Promise<KeystoneFolder> {
  await cp(empty.folder, folder, { recursive: true })
  const keystone = await writeConfig(folder)
  // As whoever runs the suite: the package's own user cannot read a temporary folder.
  const owner = [
    '--keystone-user',
    String(process.getuid?.() ?? 0),
    '--keystone-group',
    String(process.getgid?.() ?? 0),
  ]
  await manage(keystone, ['fernet_setup', ...owner])
  await manage(keystone, ['credential_setup', ...owner])
  await manage(keystone, ['bootstrap', '--bootstrap-password', ADMIN.password, '--bootstrap-region-id', 'one'])
  return keystone
}

/** A Keystone with the database and the keys of another that does not run: a token of either holds at both. */
export async function copyKeystone(original: KeystoneFolder, folder: string): Promise<KeystoneFolder> {
  await cp(original.folder, folder, { recursive: true })
  return writeConfig(folder)
}

export async function startKeystone(keystone: KeystoneFolder, name: string, port: number): Promise<Running> {
  // In a file that gunicorn finds by itself: Keystone takes the arguments of the command line for its own.
  const settings = {
    wsgi_app: 'keystone.server.wsgi:initialize_public_application()',
    bind: `127.0.0.1:${port}`,
    workers: 1,
    worker_class: 'gthread',
    threads: 4,
    accesslog: '-',
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
  await writeFile(join(keystone.folder, 'gunicorn.conf.py'), lines.join(''))
  const server = start(name, '/usr/bin/gunicorn', [], {
    env: {
      ...plainEnvironment(keystone.folder),
      OS_KEYSTONE_CONFIG_DIR: keystone.folder,
      OS_KEYSTONE_CONFIG_FILES: 'keystone.conf',
    },
    cwd: keystone.folder,
    logFile: join(keystone.folder, `${name}.log`),
  })
  await untilItAnswers(server, `http://127.0.0.1:${port}/`)
  return server
}

/** Says in the catalog where the services of this site are, as an operator without Cheops would. */
export async function writeCatalog(
  keystoneUrl: string,
  urls: Readonly<Record<'identity' | 'image', string>>,
): Promise<void> {
  const token = await issueToken(keystoneUrl)
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${keystoneUrl}/v3${path}`, {
      method,
      headers: { 'x-auth-token': token, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (response.status === 204 ? undefined : await response.json()) as T
  }
  const { services } = await call<{ services: { id: string; type: string }[] }>('GET', '/services')
  const { endpoints } = await call<{ endpoints: { id: string }[] }>('GET', '/endpoints')
  for (const { id } of endpoints) await call('DELETE', `/endpoints/${id}`)
  for (const [type, name] of [
    ['identity', 'keystone'],
    ['image', 'glance'],
  ] as const) {
    const service =
      services.find(candidate => candidate.type === type) ??
      (await call<{ service: { id: string } }>('POST', '/services', { service: { type, name } })).service
    for (const side of ['public', 'internal', 'admin']) {
      const endpoint = { interface: side, region_id: 'one', service_id: service.id, url: urls[type] }
      await call('POST', '/endpoints', { endpoint })
    }
  }
}

/** A token of the administrator for his project. */
export async function issueToken(keystoneUrl: string): Promise<string> {
  const domain = { id: 'default' }
  const response = await fetch(`${keystoneUrl}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: ADMIN.username, password: ADMIN.password, domain } },
        },
        scope: { project: { name: ADMIN.project, domain } },
      },
    }),
  })
  const token = response.headers.get('x-subject-token')
  if (token === null) throw new Error(`no token: ${response.status} ${await response.text()}`)
  await response.body?.cancel()
  return token
}

async function writeConfig(folder: string): Promise<KeystoneFolder> {
  await mkdir(folder, { recursive: true })
  const config = join(folder, 'keystone.conf')
  const sections = {
    DEFAULT: ['use_stderr = true', 'debug = false'],
    database: [`connection = sqlite:///${folder}/keystone.db`],
    token: ['provider = fernet'],
    fernet_tokens: [`key_repository = ${folder}/fernet-keys/`],
    fernet_receipts: [`key_repository = ${folder}/fernet-keys/`],
    credential: [`key_repository = ${folder}/credential-keys/`],
    cache: ['enabled = false'],
  }
  await writeFile(config, ini(sections))
  return { folder, config }
}

/** An INI file as oslo.config reads it. */
export function ini(sections: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(sections)
    .map(([name, lines]) => `[${name}]\n${lines.join('\n')}\n`)
    .join('\n')
}

/** Without it SQLite locks readers out while somebody writes, and requests fail with "database is locked". */
export function useWal(database: string): void {
  const db = new DatabaseSync(database)
  db.exec('pragma journal_mode=wal')
  db.close()
}

async function manage(keystone: KeystoneFolder, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await run('/usr/bin/keystone-manage', ['--config-file', keystone.config, ...args], {
    env: plainEnvironment(keystone.folder),
    timeoutMs: MANAGE_TIMEOUT_MS,
    cwd: keystone.folder,
  })
  if (code !== 0) throw new Error(`keystone-manage ${args[0]} failed (${code}): ${(stdout + stderr).slice(-3_000)}`)
}
