import { randomBytes } from 'node:crypto'
import { access, chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { loadConfig } from '../../config/load.ts'
import { renderFile } from '../../config/render.ts'
import type { Chosen } from '../../config/render.ts'
import { splitHostPort } from '../../config/values.ts'
import { CheopsError } from '../../errors.ts'
import type { Authority } from '../certificates.ts'
import type { Call, CommandSpec, Options } from '../command.ts'
import { EXIT, writeLine } from '../io.ts'
import type { Io } from '../io.ts'
import { systemdUnit } from '../systemd.ts'

export const initCommand: CommandSpec = {
  name: 'init',
  summary: 'Write a commented configuration, the keys, and on request certificates and a systemd unit',
  details:
    'Nothing that exists is overwritten without --force, and never a key: the peer key is who this site is, the mesh key lets it in.\n' +
    'For a second site, copy mesh.key from the first one, or name it with --mesh-key.',
  arguments: [{ name: '[folder]', help: 'where to write (default: here)' }],
  options: [
    { flags: '--mesh <name>', help: 'name of the mesh', fallback: 'demo' },
    { flags: '--site <name>', help: 'name of this site, unique in the mesh', fallback: 'site1' },
    { flags: '--bootstrap <address>', help: 'address of an agent of the mesh (host:port or multiaddress)', list: true },
    { flags: '--listen <address>', help: 'where to listen for other agents', list: true },
    { flags: '--service <name=url>', help: 'a service of this site and the base URL of its instance', list: true },
    { flags: '--ingress-listen <host:port>', help: 'where clients send their requests' },
    { flags: '--admin-listen <host:port>', help: 'where the admin API listens' },
    { flags: '--mesh-key <file>', help: 'copy this mesh key in place of making one' },
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
  const text = renderFile(chosen)
  const configFile = path.join(folder, 'cheops.yaml')

  await mkdir(folder, { recursive: true })
  const plan = new Plan(io, options.flag('force'))
  const unitFile = path.join(folder, 'cheops.service')
  const certificate = path.join(folder, 'tls', `${site}.pem`)
  // Looked at before anything is written, so that a refusal leaves nothing half-done.
  await plan.refuseExisting([
    configFile,
    ...(options.flag('systemd') ? [unitFile] : []),
    ...(options.flag('tls') ? [certificate] : []),
  ])
  await plan.write(configFile, text, 0o644)
  try {
    loadConfig({ file: configFile, env: {}, cwd: io.cwd })
  } catch (error) {
    // What was given on the command line was wrong; the file would only be in the way.
    await plan.undo()
    throw error
  }

  const meshKey = path.join(folder, 'mesh.key')
  const givenKey = options.text('meshKey')
  if (givenKey !== undefined) await plan.copyKey(path.resolve(io.cwd, givenKey), meshKey)
  else await plan.keep(meshKey, () => swarmKey())

  const data = path.join(folder, 'data', site)
  await mkdir(data, { recursive: true, mode: 0o700 })
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
  writeLine(
    io.stdout,
    [
      '',
      `This site's peer ID is ${peerId}.`,
      'Next:',
      `  cheops check --config ${shown(io, configFile)}    is everything in place?`,
      `  cheops up --config ${shown(io, configFile)}       run the agent`,
      `Other sites: "cheops init --site NAME --bootstrap <address of this machine>:${String(port)} --mesh-key mesh.key", with this mesh.key.`,
      ...(options.flag('systemd')
        ? [`The unit: copy ${shown(io, unitFile)} to /etc/systemd/system, then "systemctl enable --now cheops".`]
        : []),
    ].join('\n'),
  )
  return EXIT.ok
}

function choose(options: Options, site: string): Chosen {
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
  }
}

async function writeCertificates(io: Io, plan: Plan, folder: string, site: string, options: Options): Promise<void> {
  const { createAuthority, issueCertificate, loadAuthority } = await import('../certificates.ts')
  const tls = path.join(folder, 'tls')
  await mkdir(tls, { recursive: true, mode: 0o700 })
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
  readonly #written: string[] = []

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
    const existed = await exists(file)
    await writeFile(file, content, { mode })
    await chmod(file, mode)
    if (!existed) this.#written.push(file)
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

  async undo(): Promise<void> {
    await Promise.all(this.#written.map(file => rm(file, { force: true })))
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
