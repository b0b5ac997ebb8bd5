import { randomBytes } from 'node:crypto'
import { access, chmod, copyFile, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { loadConfig } from '../../config/load.ts'
import { renderFile } from '../../config/render.ts'
import type { Chosen } from '../../config/render.ts'
import { splitHostPort } from '../../config/address-values.ts'
import { CheopsError } from '../../errors.ts'
import type { Authority } from '../certificates.ts'
import type { Call, CommandSpec, Options } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import type { Io } from '../io.ts'
import { closedToOthers, ownProgram, systemdSteps, systemdUnit } from '../systemd.ts'
import { makeFolder } from '../../config/make-folder.ts'

export const initCommand: CommandSpec = {
  name: 'init',
  summary: 'Write a commented configuration, the keys, and on request certificates and a systemd unit',
  details:
    'Nothing that exists is overwritten without --force, and never a key: the peer key is who this site is, the mesh key lets it in. ' +
    'A second site needs the mesh.key of the first one: copy it, and name the copy with --mesh-key.',
  arguments: [{ name: '[folder]', help: 'where to write (default: here)' }],
  options: [
    { flags: '--mesh <name>', help: 'name of the mesh, the same at all its sites (demo if it is not given)' },
    { flags: '--site <name>', help: 'name of this site, unique in the mesh', fallback: 'site1' },
    { flags: '--bootstrap <address>', help: 'address of an agent of the mesh (host:port or multiaddress)', list: true },
    { flags: '--listen <address>', help: 'where to listen for other agents', list: true },
    { flags: '--service <name=url>', help: 'a service of this site and the base URL of its instance', list: true },
    { flags: '--ingress-listen <host:port>', help: 'where clients send their requests' },
    { flags: '--admin-listen <host:port>', help: 'where the admin API listens' },
    { flags: '--mesh-key <file>', help: 'copy this mesh key in place of making one' },
    { flags: '--new-mesh-key', help: 'make a mesh key although --bootstrap names a mesh, which has one' },
    { flags: '--tls', help: 'also make an authority and certificates for ingress and admin API' },
    { flags: '--host <name>', help: 'further host name or IP address in the certificate', list: true },
    { flags: '--ca <folder>', help: 'take ca.pem and ca.key from there (the tls folder of another site)' },
    { flags: '--systemd', help: 'also write a systemd unit' },
    { flags: '--force', help: 'overwrite the configuration, the unit and the certificate' },
  ],
  examples: [
    ['cheops init --site site1 --service inventory=http://127.0.0.1:9001', 'the first site of a mesh'],
    [
      'cheops init b --site site2 --bootstrap 10.0.0.1:4078 --mesh-key ./mesh.key',
      'a second site, in the folder b, that knows the first one',
    ],
    ['cheops init --tls --host edge1.example.org --systemd', 'with certificates and a unit'],
  ],
  run: init,
}

async function init({ io, args, options }: Call): Promise<number> {
  const folder = path.resolve(io.cwd, args[0] ?? '.')
  const site = options.text('site') ?? 'site1'
  const chosen = choose(options, site)
  validate(chosen, folder)
  const meshKey = path.join(folder, 'mesh.key')
  const givenKey = await meshKeyOf(io, options, meshKey)
  const configFile = path.join(folder, 'cheops.yaml')

  const plan = new Plan(io, options.flag('force'))
  const unitFile = path.join(folder, 'cheops.service')
  const certificate = path.join(folder, 'tls', `${site}.pem`)
  // Looked at before anything is written, so that a refusal leaves nothing half-done.
  await plan.refuseExisting([
    configFile,
    ...(options.flag('systemd') ? [unitFile] : []),
    ...(options.flag('tls') ? [certificate] : []),
  ])
  await newFolder(folder)
  await plan.write(configFile, renderFile(chosen), 0o644)
  if (givenKey !== undefined) await plan.copyKey(givenKey, meshKey)
  else await plan.keep(meshKey, () => swarmKey())
  if (await isInGitWorkTree(folder)) await plan.hideFromGit(path.join(folder, '.gitignore'))

  const data = path.join(folder, 'data', site)
  await newFolder(data, 0o700)
  await chmod(data, 0o700)
  const peerKey = path.join(data, 'peer.key')
  const existed = await exists(peerKey)
  const { loadPeerKey } = await import('../../adapters/libp2p/peer-key.ts')
  const { peerIdFromPrivateKey } = await import('@libp2p/peer-id')
  const peerId = peerIdFromPrivateKey(await loadPeerKey(peerKey)).toString()
  writeLine(io.stdout, `${existed ? 'kept  ' : 'wrote '} ${shown(io, peerKey)}`)

  if (options.flag('tls')) await writeCertificates(io, plan, folder, site, options)
  if (options.flag('systemd')) await plan.write(unitFile, systemdUnit(folder, configFile), 0o644)

  const listen = options.list('listen')[0] ?? '0.0.0.0:4078'
  const port = splitHostPort(listen)?.port ?? /\/tcp\/(\d+)/.exec(listen)?.[1] ?? '4078'
  // As it was typed: npm tells what it runs.
  const cheops = io.env['npm_command'] === 'exec' ? 'npx cheops' : 'cheops'
  writeLine(
    io.stdout,
    [
      '',
      `This site's peer ID is ${peerId}.`,
      'Next:',
      `  ${cheops} check --config ${shown(io, configFile)}    is everything in place?`,
      `  ${cheops} up --config ${shown(io, configFile)}       run the agent`,
      `Other sites, with a copy of ${shown(io, meshKey)}:`,
      `  ${cheops} init ${othersSite(chosen)} --bootstrap <address of this machine>:${String(port)} --mesh-key mesh.key`,
      ...(options.flag('systemd')
        ? ['As a service of systemd:', ...systemdSteps(folder, unitFile).map(step => `  ${step}`)]
        : []),
    ].join('\n'),
  )
  if (options.flag('systemd')) warnOfClosedFolders(io, folder)
  const joins = options.list('bootstrap').length > 0 || givenKey !== undefined
  if (joins && options.text('mesh') === undefined)
    writeLine(
      io.stderr,
      `note: no --mesh was given, so this site is of the mesh "${chosen.keys.mesh}". Where the others have another name (mesh: in their cheops.yaml) they do not take it: say --mesh NAME.`,
    )
  return EXIT.ok
}

/** What is the same at every site, as it is written for another one. */
function othersSite({ keys, services }: ReturnType<typeof choose>): string {
  const offered = services.map(({ name }) => ` --service ${String(name)}=<its URL there>`)
  return `NAME --site NAME --mesh ${keys.mesh}${offered.join('')}`
}

/** @throws CheopsError ERR_CLI_USAGE where it cannot be made */
async function newFolder(folder: string, mode?: number): Promise<void> {
  try {
    await makeFolder(folder, mode)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'no reason was given'
    const message = `The folder ${folder} cannot be made (${why}): name another one, "cheops init FOLDER".`
    throw new CheopsError('ERR_CLI_USAGE', message, { folder }, { cause: error })
  }
}

/** What was given is tried before anything is written, and told by its flag. @throws CheopsError ERR_CONFIG_INVALID */
function validate({ keys, services }: ReturnType<typeof choose>, folder: string): void {
  const flags = { ...keys, ...(services.length === 0 ? {} : { services: JSON.stringify(services) }) }
  try {
    loadConfig({ env: {}, flags, cwd: folder })
  } catch (error) {
    if (!(error instanceof CheopsError) || error.code !== 'ERR_CONFIG_INVALID') throw error
    const message = error.message.replace('in the configuration:', 'on the command line:')
    // The flag of `cheops up` takes them all; ours takes one.
    throw new CheopsError('ERR_CLI_USAGE', message.replaceAll('--services', '--service'), {}, { cause: error })
  }
}

/**
 * The mesh key to copy, undefined when one shall be made or is there already.
 * @throws CheopsError ERR_CLI_USAGE when the site could never join the mesh that it is given an address of
 */
async function meshKeyOf(io: Io, options: Options, own: string): Promise<string | undefined> {
  const given = options.text('meshKey')
  const insists = options.flag('newMeshKey')
  if (given !== undefined) {
    if (insists) throw new CheopsError('ERR_CLI_USAGE', 'Give --mesh-key or --new-mesh-key, not both.')
    const file = path.resolve(io.cwd, given)
    try {
      await readFile(file)
    } catch (error) {
      throw new CheopsError('ERR_CLI_USAGE', `--mesh-key: ${file} cannot be read.`, { file }, { cause: error })
    }
    return file
  }
  if (options.list('bootstrap').length > 0 && !insists && !(await exists(own))) {
    throw new CheopsError(
      'ERR_CLI_USAGE',
      'Only a site with the key of the mesh can join it: copy mesh.key from a site of the mesh, and name it with --mesh-key FILE. ' +
        '(--new-mesh-key makes another key, for another mesh.)',
    )
  }
  return undefined
}

/** The unit's user must reach the program and the configuration. */
function warnOfClosedFolders(io: Io, folder: string): void {
  const closed = new Set([...ownProgram(), path.join(folder, 'cheops.yaml')].map(closedToOthers))
  for (const each of closed) {
    // The folder of the site becomes the user's own.
    if (each === undefined || each === folder || each.startsWith(folder + path.sep)) continue
    writeLine(
      io.stderr,
      `warning: other users may not enter ${each}, so the unit cannot start. Put Cheops and this folder where they may, as /opt/cheops.`,
    )
  }
}

/** Secrets in a work tree are one "git add ." away from everybody. */
async function isInGitWorkTree(folder: string): Promise<boolean> {
  for (let each = folder; ; each = path.dirname(each)) {
    if (await exists(path.join(each, '.git'))) return true
    if (each === path.dirname(each)) return false
  }
}

function choose(options: Options, site: string) {
  const [bootstrap, listen] = [options.list('bootstrap'), options.list('listen')]
  const tls = options.flag('tls') ? { cert: `./tls/${site}.pem`, key: `./tls/${site}.key` } : undefined
  const [ingress, admin] = [options.text('ingressListen'), options.text('adminListen')]
  return {
    keys: {
      mesh: options.text('mesh') ?? 'demo',
      site,
      data: `./data/${site}`,
      meshKey: './mesh.key',
      ...(bootstrap.length === 0 ? {} : { bootstrap }),
      ...(listen.length === 0 ? {} : { listen }),
      ...(ingress === undefined ? {} : { 'ingress.listen': ingress }),
      ...(admin === undefined ? {} : { 'admin.listen': admin }),
      ...(tls === undefined
        ? {}
        : {
            'ingress.tls.cert': tls.cert,
            'ingress.tls.key': tls.key,
            'admin.tls.cert': tls.cert,
            'admin.tls.key': tls.key,
          }),
    },
    services: options.list('service').map(text => {
      const match = /^([^=]+)=(.+)$/.exec(text)
      if (match === null) throw new CheopsError('ERR_CLI_USAGE', `--service takes name=URL, not "${text}".`)
      return { name: match[1], endpoint: match[2] }
    }),
  } satisfies Chosen
}

async function writeCertificates(io: Io, plan: Plan, folder: string, site: string, options: Options): Promise<void> {
  const { createAuthority, issueCertificate, loadAuthority } = await import('../certificates.ts')
  const tls = path.join(folder, 'tls')
  await newFolder(tls, 0o700)
  const [caFile, caKeyFile] = [path.join(tls, 'ca.pem'), path.join(tls, 'ca.key')]
  const source = options.text('ca')
  if (source !== undefined) {
    const from = path.resolve(io.cwd, source)
    await plan.copyKey(path.join(from, 'ca.pem'), caFile)
    await plan.copyKey(path.join(from, 'ca.key'), caKeyFile)
  }
  let authority: Authority
  if (await exists(caKeyFile)) {
    authority = await loadAuthority(caFile, caKeyFile)
  } else {
    authority = await createAuthority(`Cheops mesh ${options.text('mesh') ?? 'demo'}`)
    const { keyPem } = authority
    await plan.write(caFile, authority.certificate.toString('pem'), 0o644)
    await plan.keep(caKeyFile, () => keyPem)
  }
  const issued = await issueCertificate(authority, site, ['localhost', '127.0.0.1', '::1', ...options.list('host')])
  await plan.write(path.join(tls, `${site}.key`), issued.keyPem, 0o600)
  await plan.write(path.join(tls, `${site}.pem`), issued.certificatePem, 0o644)
}

/** The pre-shared key format of libp2p: what IPFS calls swarm.key. */
const swarmKey = () => `/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString('hex')}\n`

/** Writes files and says so; knows what may be overwritten. */
class Plan {
  readonly #io: Io
  readonly #force: boolean

  constructor(io: Io, force: boolean) {
    this.#io = io
    this.#force = force
  }

  async refuseExisting(files: readonly string[]): Promise<void> {
    if (this.#force) return
    for (const file of files) {
      if (await exists(file)) {
        throw new CheopsError('ERR_CONFIG_FILE_EXISTS', `${shown(this.#io, file)} exists already.`, { file })
      }
    }
  }

  async write(file: string, content: string, mode: number): Promise<void> {
    await writeFile(file, content, { mode })
    await chmod(file, mode)
    writeLine(this.#io.stdout, `wrote  ${shown(this.#io, file)}`)
  }

  /** A secret that is made once and never overwritten. */
  async keep(file: string, make: () => string): Promise<void> {
    if (await exists(file)) {
      writeLine(this.#io.stdout, `kept   ${shown(this.#io, file)}`)
      return
    }
    await writeFile(file, make(), { mode: 0o600, flag: 'wx' })
    writeLine(this.#io.stdout, `wrote  ${shown(this.#io, file)}`)
  }

  async copyKey(from: string, to: string): Promise<void> {
    if (from === to) return
    if (await exists(to))
      throw new CheopsError('ERR_CONFIG_FILE_EXISTS', `${shown(this.#io, to)} exists already.`, { file: to })
    try {
      await copyFile(from, to)
    } catch (error) {
      throw new CheopsError('ERR_CLI_USAGE', `${from} cannot be copied.`, { file: from }, { cause: error })
    }
    await chmod(to, 0o600)
    writeLine(this.#io.stdout, `copied ${shown(this.#io, to)}`)
  }

  /** Leaves a file alone that is there: at the root of a work tree it is the project's own. */
  async hideFromGit(file: string): Promise<void> {
    if (await exists(file)) {
      writeLine(this.#io.stderr, `warning: git may see the secrets here; let ${shown(this.#io, file)} name them.`)
      return
    }
    await this.write(file, '# Keys and tokens stand here.\n*\n', 0o644)
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file)
    return true
  } catch {
    return false
  }
}

/** Relative where that is shorter. */
function shown(io: Io, file: string): string {
  const relative = path.relative(io.cwd, file)
  return relative.length < file.length ? relative : file
}
