import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ADMIN, ini, useWal } from './keystone.ts'
import { plainEnvironment, run, start, untilItAnswers, type Running } from './processes.ts'

/** Migrations of the database take 5 to 20 s on two cores. */
const MANAGE_TIMEOUT_MS = 180_000

/** An empty Glance: schema and nothing in it. */
export async function makeEmptyGlance(folder: string): Promise<string> {
  const config = await writeConfig(folder, 9, 'http://127.0.0.1:9')
  const { code, stdout, stderr } = await run('/usr/bin/glance-manage', ['--config-file', config, 'db_sync'], {
    env: plainEnvironment(folder),
    timeoutMs: MANAGE_TIMEOUT_MS,
    cwd: folder,
  })
  if (code !== 0) throw new Error(`glance-manage db_sync failed (${code}): ${(stdout + stderr).slice(-3_000)}`)
  useWal(join(folder, 'glance.db'))
  return folder
}

/**
 * A Glance that keeps images in `folder`.
 * @param identityUrl where it asks who the bearer of a token is: its site's agent, so that these calls can be followed
 */
export async function makeGlance(empty: string, folder: string, port: number, identityUrl: string): Promise<void> {
  await cp(empty, folder, { recursive: true })
  await writeConfig(folder, port, identityUrl)
}

export async function startGlance(folder: string, name: string, port: number): Promise<Running> {
  const server = start(name, '/usr/bin/glance-api', ['--config-file', join(folder, 'glance.conf')], {
    env: plainEnvironment(folder),
    cwd: folder,
    logFile: join(folder, `${name}.log`),
  })
  await untilItAnswers(server, `http://127.0.0.1:${port}/`)
  return server
}

async function writeConfig(folder: string, port: number, identityUrl: string): Promise<string> {
  const stores = ['images', 'staging', 'tasks'].map(name => join(folder, name))
  for (const store of stores) await mkdir(store, { recursive: true })
  const config = join(folder, 'glance.conf')
  const sections = {
    DEFAULT: [
      'use_stderr = true',
      'bind_host = 127.0.0.1',
      `bind_port = ${port}`,
      // One process: the suite ends it by its ID.
      'workers = 0',
      `node_staging_uri = file://${folder}/staging`,
      'show_image_direct_url = false',
    ],
    database: [`connection = sqlite:///${folder}/glance.db`],
    glance_store: ['stores = file', 'default_store = file', `filesystem_store_datadir = ${folder}/images`],
    task: [`work_dir = ${folder}/tasks`],
    paste_deploy: ['flavor = keystone', 'config_file = /etc/glance/glance-api-paste.ini'],
    keystone_authtoken: [
      `www_authenticate_uri = ${identityUrl}`,
      `auth_url = ${identityUrl}`,
      'auth_type = password',
      `username = ${ADMIN.username}`,
      `password = ${ADMIN.password}`,
      `project_name = ${ADMIN.project}`,
      'user_domain_name = Default',
      'project_domain_name = Default',
      'http_connect_timeout = 10',
      'http_request_max_retries = 1',
    ],
  }
  await writeFile(config, ini(sections))
  return config
}
