import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, rm, writeFile } from 'node:fs/promises'

/** Packages of Debian 12 and the one file of each that we run. By path: another Python may come first in PATH. */
const PACKAGES = {
  keystone: '/usr/bin/keystone-manage',
  'glance-api': '/usr/bin/glance-api',
  'python3-openstackclient': '/usr/bin/openstack',
  gunicorn: '/usr/bin/gunicorn',
} as const

/** Some 300 packages come along, at a mirror's pace. */
const INSTALL_TIMEOUT_MS = 15 * 60_000

/** Debian's own switch against starting services while they are installed. */
const POLICY_FILE = '/usr/sbin/policy-rc.d'

/**
 * Installs what is missing of Keystone, Glance and their client from Debian's packages, without starting any service.
 * @returns undefined when all is there, else why it is not, in a sentence for people
 */
export async function installOpenstack(say: (line: string) => void): Promise<string | undefined> {
  const missing = await missingPackages()
  if (missing.length === 0) return undefined
  const wanted = `apt-get install ${missing.join(' ')}`
  if (!(await isExecutable('/usr/bin/apt-get'))) return `there is no apt-get here to install ${missing.join(', ')}`
  if (process.getuid?.() !== 0) return `only root may install; run: sudo ${wanted}`

  say(`installing ${missing.join(', ')} (minutes, the first time)`)
  const ownPolicy = !(await isExecutable(POLICY_FILE))
  if (ownPolicy) await writeFile(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    const update = await aptGet(['update', '-q'])
    if (update !== undefined) return `apt-get update failed: ${update}`
    const install = await aptGet(['install', '-q', '-y', '--no-install-recommends', ...missing])
    if (install !== undefined) return `${wanted} failed: ${install}`
  } finally {
    if (ownPolicy) await rm(POLICY_FILE, { force: true })
  }
  const still = await missingPackages()
  return still.length === 0 ? undefined : `${wanted} left these out: ${still.join(', ')}`
}

async function missingPackages(): Promise<string[]> {
  const missing: string[] = []
  for (const [name, file] of Object.entries(PACKAGES)) if (!(await isExecutable(file))) missing.push(name)
  return missing
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** @returns the last lines of what it said when it failed */
function aptGet(args: readonly string[]): Promise<string | undefined> {
  return new Promise(resolve => {
    const child = spawn('/usr/bin/apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_TIMEOUT_MS,
    })
    let said = ''
    const listen = (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000))
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.on('error', error => resolve(error.message))
    child.on('close', code => resolve(code === 0 ? undefined : said.trim().split('\n').slice(-5).join(' / ')))
  })
}
