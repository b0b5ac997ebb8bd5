import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import {
  DEFAULT_ADMIN_PORT,
  DEFAULT_INGRESS_PORT,
  DEFAULT_LIMITS,
  DEFAULT_MAX_BODIES_BYTES,
  DEFAULT_PEER_PORT,
  DEFAULT_TIMEOUTS,
} from '../config.ts'
import type { Config, Credential, Limits, ServiceConfig, Timeouts, TlsServer } from '../config.ts'
import { CheopsError } from '../errors.ts'
import { flagOf, KEYS, SERVICE_KEYS, variableOf } from './keys.ts'
import type { Key, KeySpec, ServiceKey, ValueOf } from './keys.ts'
import { checkRules } from './rules.ts'
import { Problems } from './given.ts'
import { readYaml } from './given-file.ts'
import { readFlags } from './given-flags.ts'
import { readServiceObject, readServicesText } from './given-services.ts'
import { readVariables } from './given-variables.ts'
import type { FileSource } from './given-file.ts'
import type { Given, ServiceSource } from './given.ts'
import { BadValue } from './values.ts'

/** Values of flags by the key's path (`ingress.listen`); `services` is a list of YAML or name=URL texts. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

export interface LoadOptions {
  /** Path of the YAML file; undefined: variables and flags alone. */
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags?: Flags
  /** Folder that paths in variables, flags and defaults start from (with a file, defaults start from its folder). */
  readonly cwd?: string
  /** Whether people read the log: what `log.format: auto` becomes. */
  readonly terminal?: boolean
}

/** Nobody writes a configuration of this size by hand. */
const MAX_FILE_BYTES = 1_048_576
/** Bounds what one agent has to tell all others. */
const MAX_SERVICES = 256

/**
 * Reads, joins and checks the configuration: file, below variables, below flags.
 * @throws CheopsError ERR_CONFIG_READ, or ERR_CONFIG_INVALID whose message and `meta.problems` list everything that is wrong,
 * each with `file:line:column`, the variable or the flag
 */
export function loadConfig({ file, env, flags = {}, cwd = process.cwd(), terminal = false }: LoadOptions): Config {
  const problems = new Problems()
  const source = file === undefined ? EMPTY : readConfigFile(path.resolve(cwd, file), file, problems)
  const variables = readVariables(env, cwd, KEYS, problems)
  const given = readFlags(flags, cwd, KEYS)

  const base = file === undefined ? cwd : path.dirname(path.resolve(cwd, file))
  const values = new Values(new Map([...source.keys, ...variables, ...given]), KEYS, base, problems)
  const services = serviceSources(source, variables.get('services'), given.get('services'), cwd, problems)
  const config = build(values, services, base, terminal, problems)
  if (problems.list.length === 0) checkRules(config, place(values, services), problems)
  throwProblems(problems, file)
  return config
}

const EMPTY: FileSource = { keys: new Map(), services: [], servicesAt: undefined }

function readConfigFile(absolute: string, shown: string, problems: Problems): FileSource {
  let text: string
  try {
    if (statSync(absolute).size > MAX_FILE_BYTES) {
      throw new CheopsError('ERR_CONFIG_READ', `${shown} is larger than ${String(MAX_FILE_BYTES)} bytes.`, {
        file: shown,
      })
    }
    text = readFileSync(absolute, 'utf8')
  } catch (error) {
    if (error instanceof CheopsError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const why =
      code === 'ENOENT'
        ? 'it does not exist'
        : code === 'EACCES'
          ? 'it may not be read'
          : code === 'EISDIR'
            ? 'it is a folder'
            : code
    throw new CheopsError('ERR_CONFIG_READ', `${shown} cannot be read: ${why}.`, { file: shown }, { cause: error })
  }
  return readYaml(text, shown, path.dirname(absolute), { keys: KEYS, service: SERVICE_KEYS }, problems)
}

/** @throws CheopsError ERR_CONFIG_INVALID with all of them, if there is any */
export function throwProblems(problems: Problems, file: string | undefined): void {
  if (problems.list.length === 0) return
  const list = problems.inOrder()
  const count = list.length === 1 ? 'One problem' : `${String(list.length)} problems`
  throw new CheopsError(
    'ERR_CONFIG_INVALID',
    `${count} in the configuration:\n${list.map(line => `  ${line}`).join('\n')}`,
    { file, problems: list },
  )
}

/**
 * Checks one service that stands in no file, as the admin API gets it: nested as in the file.
 * @param base the folder that relative paths start from
 * @throws CheopsError ERR_CONFIG_INVALID
 */
export function parseService(object: Readonly<Record<string, unknown>>, base: string): ServiceConfig {
  const problems = new Problems()
  const source = readServiceObject(object, '', base, SERVICE_KEYS, problems)
  const service = buildService(source, base, problems)
  throwProblems(problems, undefined)
  return service
}

/** Services of the strongest source that names any: lists are not joined across sources. */
function serviceSources(
  file: FileSource,
  variable: Given | undefined,
  flag: Given | undefined,
  cwd: string,
  problems: Problems,
): readonly ServiceSource[] {
  const stronger = flag ?? variable
  if (stronger === undefined) return file.services
  const texts = Array.isArray(stronger.value) ? stronger.value.map(String) : [String(stronger.value)]
  return readServicesText(texts, stronger.where, cwd, SERVICE_KEYS, problems)
}

/** Typed reading of what was given; a bad value becomes a problem and counts as not given. */
class Values<S extends Readonly<Record<string, KeySpec>>> {
  readonly #given: ReadonlyMap<string, Given>
  readonly #base: string
  readonly #problems: Problems
  /** Where the whole stands, for keys that are missing. */
  readonly #whole: string
  readonly #parsed = new Map<string, unknown>()

  constructor(given: ReadonlyMap<string, Given>, specs: S, base: string, problems: Problems, whole = '') {
    this.#given = given
    this.#whole = whole
    this.#base = base
    this.#problems = problems
    for (const [key, spec] of Object.entries(specs)) this.#parse(key, spec)
  }

  #parse(key: string, spec: KeySpec): void {
    const given = this.#given.get(key)
    // `key:` with nothing behind it is how people leave a key out.
    if (given === undefined || given.value === null || given.value === '') {
      if (spec.required) {
        const names = this.#whole === '' && key in KEYS ? ` (or ${variableOf(key)}, or ${flagOf(key)})` : ''
        this.#problems.add(given?.where ?? this.#whole, `${key} is missing${names}: ${spec.help}`)
      }
      return
    }
    try {
      this.#parsed.set(key, spec.type.parse(given.value, given.base))
    } catch (error) {
      if (!(error instanceof BadValue)) throw error
      this.#problems.add(given.where, `${key} ${error.message}`)
    }
  }

  /** Undefined where it was not given, or was bad. */
  get<K extends keyof S & string>(key: K): ValueOf<S[K]> | undefined {
    return this.#parsed.get(key) as ValueOf<S[K]> | undefined
  }

  or<K extends keyof S & string>(key: K, fallback: ValueOf<S[K]>): ValueOf<S[K]> {
    return this.get(key) ?? fallback
  }

  /** Where a key was given: for errors of rules that look at more than one value. */
  where(key: string): string {
    return this.#given.get(key)?.where ?? ''
  }

  /** A path that the configuration does not give starts from the file's folder. */
  path(relative: string): string {
    return path.resolve(this.#base, relative)
  }

  /** Certificate and key belong together; a client authority alone turns nothing on. */
  pair(prefix: string, names: readonly [string, string], dependents: readonly string[] = []): boolean {
    const [first, second] = names.map(name => this.#parsed.has(prefix + name))
    const dependent = dependents.find(name => this.#parsed.has(prefix + name))
    if (first && second) return true
    if (first || second || dependent !== undefined) {
      const missing = first ? names[1] : names[0]
      const there = first ? names[0] : second ? names[1] : (dependent ?? '')
      this.#problems.add(this.where(prefix + there), `${prefix}${there} needs ${prefix}${missing} too`)
    }
    return false
  }

  tls(
    prefix: string,
    keys: { cert: keyof S & string; key: keyof S & string; clientCA: keyof S & string },
  ): TlsServer | undefined {
    if (!this.pair(prefix, ['tls.cert', 'tls.key'], ['tls.clientCA'])) return undefined
    return {
      cert: String(this.get(keys.cert)),
      key: String(this.get(keys.key)),
      clientCA: this.#parsed.has(keys.clientCA) ? String(this.get(keys.clientCA)) : undefined,
    }
  }
}

function build(
  values: Values<typeof KEYS>,
  sources: readonly ServiceSource[],
  base: string,
  terminal: boolean,
  problems: Problems,
): Config {
  const site = values.or('site', '')
  const data = values.or('data', values.path(path.join('data', site)))
  const meshKey = values.get('meshKey')
  const format = values.or('log.format', 'auto')
  if (sources.length > MAX_SERVICES) {
    problems.add('', `services has ${String(sources.length)} items, more than ${String(MAX_SERVICES)}`)
  }
  return {
    mesh: values.or('mesh', ''),
    site,
    labels: values.or('labels', {}),
    data,
    listen: values.or('listen', [`/ip4/0.0.0.0/tcp/${String(DEFAULT_PEER_PORT)}`]),
    announce: values.or('announce', []),
    bootstrap: values.or('bootstrap', []),
    meshKey,
    mdns: values.or('mdns', false),
    relay: {
      // Without a mesh key anybody could use the relay.
      serve: values.or('relay.serve', meshKey !== undefined),
      use: values.or('relay.use', false),
    },
    heartbeat: { intervalMs: values.or('heartbeat.intervalMs', 1_000) },
    ingress: {
      listen: values.or('ingress.listen', { host: '127.0.0.1', port: DEFAULT_INGRESS_PORT }),
      tls: values.tls('ingress.', {
        cert: 'ingress.tls.cert',
        key: 'ingress.tls.key',
        clientCA: 'ingress.tls.clientCA',
      }),
      tokenFile: values.get('ingress.tokenFile'),
    },
    admin: {
      listen: values.or('admin.listen', { host: '127.0.0.1', port: DEFAULT_ADMIN_PORT }),
      tls: values.tls('admin.', { cert: 'admin.tls.cert', key: 'admin.tls.key', clientCA: 'admin.tls.clientCA' }),
      tokenFile: values.or('admin.tokenFile', path.join(data, 'admin.token')),
    },
    bodies: {
      folder: values.or('bodies.folder', path.join(data, 'bodies')),
      maxBytes: values.or('bodies.maxBytes', DEFAULT_MAX_BODIES_BYTES),
    },
    services: sources.map(source => buildService(source, base, problems)),
    webhooks: values.or('webhooks', []),
    limits: numbers(DEFAULT_LIMITS, name => values.get(`limits.${name}`)) satisfies Limits,
    timeouts: numbers(DEFAULT_TIMEOUTS, name => values.get(`timeouts.${name}`)) satisfies Timeouts,
    log: {
      level: values.or('log.level', 'info'),
      format: format === 'auto' ? (terminal ? 'pretty' : 'json') : format,
    },
  }
}

/** The defaults, with what was given in place of them. */
function numbers<T extends Readonly<Record<keyof T, number>>>(
  defaults: T,
  get: (name: keyof T & string) => number | undefined,
): { [K in keyof T]: number } {
  const result: { [K in keyof T]: number } = { ...defaults }
  for (const name in defaults) result[name] = get(name) ?? defaults[name]
  return result
}

function buildService(source: ServiceSource, base: string, problems: Problems): ServiceConfig {
  const values = new Values(source.keys, SERVICE_KEYS, base, problems, source.where)
  const hasExpose = [...source.keys.keys()].some(key => key.startsWith('expose.'))
  const sites = values.get('expose.sites')
  if (hasExpose && sites === undefined) {
    problems.add(source.where, 'expose needs sites: the names of the sites that may use it, or "*"')
  }
  const tlsKeys = ['endpointTLS.ca', 'endpointTLS.cert', 'endpointTLS.key', 'endpointTLS.serverName'] as const
  values.pair('endpointTLS.', ['cert', 'key'])
  const listen = values.get('listen')
  const tls = values.tls('', { cert: 'tls.cert', key: 'tls.key', clientCA: 'tls.clientCA' })
  if (tls !== undefined && listen === undefined) {
    problems.add(values.where('tls.cert'), "tls is for the service's own port and needs listen too")
  }
  const credential = buildCredential(values, source, problems)
  return {
    name: values.or('name', ''),
    endpoint: values.or('endpoint', ''),
    endpointTLS: tlsKeys.some(key => values.get(key) !== undefined)
      ? {
          ca: values.get('endpointTLS.ca'),
          cert: values.get('endpointTLS.cert'),
          key: values.get('endpointTLS.key'),
          serverName: values.get('endpointTLS.serverName'),
        }
      : undefined,
    ...(credential === undefined ? {} : { credential }),
    glue: values.or('glue', 'rest'),
    doubt: values.or('doubt', 'hold'),
    hosts: values.or('hosts', []),
    listen,
    tls,
    expose:
      sites === undefined
        ? undefined
        : { sites, methods: values.or('expose.methods', ['*']), paths: values.or('expose.paths', ['/**']) },
  }
}

function buildCredential(
  values: Values<typeof SERVICE_KEYS>,
  source: ServiceSource,
  problems: Problems,
): Credential | undefined {
  const files = (['bearer', 'basic', 'headers'] as const).flatMap((kind): Credential[] => {
    const file = values.get(`credential.${kind}File`)
    return file === undefined ? [] : [{ kind, file }]
  })
  const certificate: Credential[] = values.pair('credential.', ['cert', 'key'])
    ? [{ kind: 'certificate', cert: values.or('credential.cert', ''), key: values.or('credential.key', '') }]
    : []
  const [credential, second] = [...files, ...certificate]
  if (second !== undefined) {
    problems.add(source.where, 'credential takes one of bearerFile, basicFile, headersFile, or cert and key')
  } else if (credential?.kind === 'certificate' && values.or('endpoint', '').startsWith('http:')) {
    problems.add(values.where('credential.cert'), 'credential.cert can be shown to an https:// endpoint only')
  }
  return credential
}

/** Tells rules where something was given: `place('ingress.listen')`, `place('endpoint', 0)`. */
export type Place = (key: Key | ServiceKey, service?: number) => string

function place(values: Values<typeof KEYS>, services: readonly ServiceSource[]): Place {
  return (key, index) => {
    if (index === undefined) return values.where(key)
    const service = services[index]
    return service?.keys.get(key)?.where ?? service?.where ?? ''
  }
}
