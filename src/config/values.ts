import { isIP } from 'node:net'
import path from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { WEBHOOK_EVENTS, type HostPort, type WebhookConfig } from '../config.ts'
import { isName, nearestName } from '../core/scope/index.ts'

/**
 * The types of configuration values: each reads what YAML, an environment variable or a flag gave (the latter two always
 * strings) and throws `BadValue` with a sentence that says what is expected. No sentence repeats a value that may be secret:
 * secrets stand in files, never in values.
 */
export interface ValueType<T> {
  /** What is expected, in a few words, for help and errors: `host:port`, `a whole number from 1 to 9`. */
  readonly expects: string
  /** `base` is the folder that relative paths start from. */
  parse(value: unknown, base: string): T
  /** How help shows a flag's argument; undefined for a flag that may stand alone (boolean). */
  readonly argument: string | undefined
  /** Whether a flag may be given more than once. */
  readonly list?: true
}

/** A value that cannot be used. The message is a clause: `must be …`. */
export class BadValue extends Error {}

const fail = (type: { readonly expects: string }, value: unknown, why = ''): never => {
  throw new BadValue(`must be ${type.expects}, not ${shown(value)}${why}`)
}

/** A value as errors repeat it: short, on one line, without user info of URLs. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  const text = (scalarText(value) ?? typeof value).replaceAll(/\/\/[^/@\s]*@/g, '//***@')
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

const scalarText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined

function text(expects: string, pattern: RegExp, argument: string): ValueType<string> {
  const type: ValueType<string> = {
    expects,
    argument,
    parse(value) {
      const given = scalarText(value)
      return given !== undefined && pattern.test(given) ? given : fail(type, value)
    },
  }
  return type
}

export const meshName = text('1 to 63 of a-z, 0-9 and "-"', /^[a-z0-9-]{1,63}$/, 'NAME')

/** A name that a scope can say: no word of its language. */
function scopeName(expects: string, pattern: RegExp): ValueType<string> {
  const type: ValueType<string> = {
    expects,
    argument: 'NAME',
    parse(value) {
      const given = scalarText(value)
      if (given === undefined || !pattern.test(given)) return fail(type, value)
      return isName(given) ? given : fail(type, value, ', which is a word of the scope language')
    },
  }
  return type
}

export const siteName = scopeName(
  '1 to 63 letters, digits, "-", "_" or ".", beginning with a letter or digit; no IP address, not localhost',
  // Other sites refuse the record of one with such a name.
  /^(?!localhost$|\d{1,3}(\.\d{1,3}){3}$)[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/i,
)

export const serviceName = scopeName(
  '1 to 63 of a-z, 0-9 and "-", beginning with a letter',
  /^(?!localhost$)[a-z][a-z0-9-]{0,62}$/,
)

export const hostName = text(
  'a host name',
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*$/,
  'HOST',
)

export const filePath: ValueType<string> = {
  expects: 'the path of a file or folder',
  argument: 'PATH',
  parse(value, base) {
    if (typeof value !== 'string' || value === '' || value.includes('\0')) return fail(filePath, value)
    return path.resolve(base, value)
  },
}

export const boolean: ValueType<boolean> = {
  expects: 'true or false',
  argument: undefined,
  parse(value) {
    if (value === true || value === 'true' || value === '1' || value === 'yes') return true
    if (value === false || value === 'false' || value === '0' || value === 'no') return false
    return fail(boolean, value)
  },
}

/** A whole number; with `units`, also written with one of them: `64KiB`, `5s`. */
export function integer(
  min: number,
  max: number,
  units: Readonly<Record<string, number>> = {},
  unitsText = '',
): ValueType<number> {
  const type: ValueType<number> = {
    expects: `a whole number from ${String(min)} to ${String(max)}${unitsText}`,
    argument: 'N',
    parse(value) {
      const match = /^(\d{1,16}(?:\.\d{1,6})?)\s*([A-Za-z]*)$/.exec(scalarText(value)?.trim() ?? '')
      if (match === null) return fail(type, value)
      const unit = match[2] === '' ? 1 : units[match[2] ?? '']
      const number = unit === undefined ? Number.NaN : Number(match[1]) * unit
      return Number.isInteger(number) && number >= min && number <= max ? number : fail(type, value)
    },
  }
  return type
}

export const bytes = (min: number, max: number) =>
  integer(
    min,
    max,
    { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 },
    ' bytes, or with KiB, MiB, GiB or TiB',
  )

export const milliseconds = (min: number, max: number) =>
  integer(min, max, { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }, ' milliseconds, or with s, m or h')

export function oneOf<const T extends string>(...choices: readonly T[]): ValueType<T> {
  const type: ValueType<T> = {
    expects: choices.length === 2 ? choices.join(' or ') : `one of ${choices.join(', ')}`,
    argument: choices.join('|'),
    parse(value) {
      const found = choices.find(choice => choice === value)
      if (found !== undefined) return found
      const near = typeof value === 'string' ? nearestName(value, choices) : undefined
      return fail(type, value, near === undefined ? '' : ` (did you mean "${near}"?)`)
    },
  }
  return type
}

export const hostPort: ValueType<HostPort> = {
  expects: 'host:port (port 0 takes any free one)',
  argument: 'HOST:PORT',
  parse(value) {
    const parsed = typeof value === 'string' ? splitHostPort(value) : undefined
    return parsed ?? fail(hostPort, value)
  },
}

/** `127.0.0.1:80`, `[::1]:80`, `example.org:80`; undefined for anything else. */
export function splitHostPort(value: string): HostPort | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:/\s]+)):(\d{1,5})$/.exec(value)
  if (match === null) return undefined
  const port = Number(match[3])
  const six = match[1]
  if (six !== undefined) return isIP(six) === 6 && port <= 65_535 ? { host: six, port } : undefined
  const host = match[2] ?? ''
  const known = isIP(host) === 4 || (/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(host) && !/^[\d.]+$/.test(host))
  return known && port <= 65_535 ? { host, port } : undefined
}

/** What a peer address is for: only one that is listened on may have port 0, and it must be an IP address. */
type AddressUse = 'listen' | 'reach'

function peerAddress(use: AddressUse): ValueType<string> {
  const type: ValueType<string> = {
    expects: use === 'listen' ? 'an IP multiaddress (/ip4/0.0.0.0/tcp/4078) or ip:port' : 'a multiaddress or host:port',
    argument: 'ADDRESS',
    parse(value) {
      if (typeof value !== 'string') return fail(type, value)
      const short = splitHostPort(value)
      const full = short === undefined ? value : multiaddressOf(short)
      let components
      try {
        components = multiaddr(full).getComponents()
      } catch {
        return fail(type, value)
      }
      const [host, transport] = components
      if (host === undefined || transport === undefined) return fail(type, value)
      if (transport.name !== 'tcp') return fail(type, value, ' (peers speak TCP)')
      if (use === 'listen' && !(host.name === 'ip4' || host.name === 'ip6')) {
        return fail(type, value, ' (name an address of this machine, or 0.0.0.0)')
      }
      if (use === 'reach' && transport.value === '0') return fail(type, value, ' (port 0 cannot be reached)')
      return full
    },
  }
  return type
}

/** The multiaddress of `host:port`. `localhost` is 127.0.0.1, so that it can be listened on. */
export function multiaddressOf({ host, port }: HostPort): string {
  const name = host === 'localhost' ? '127.0.0.1' : host
  const family = isIP(name)
  return `/${family === 4 ? 'ip4' : family === 6 ? 'ip6' : 'dns'}/${name}/tcp/${String(port)}`
}

export const listenAddress = peerAddress('listen')
export const reachableAddress = peerAddress('reach')

/** Base URL of an application: http or https, no query, no fragment, no user info; no slash at the end of what is given back. */
export const baseUrl: ValueType<string> = {
  expects: 'an http:// or https:// URL without user, query and fragment',
  argument: 'URL',
  parse(value) {
    if (typeof value !== 'string' || /[\s\\]/.test(value) || !URL.canParse(value)) return fail(baseUrl, value)
    const url = new URL(value)
    const bare = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
    if (!/^https?:$/.test(url.protocol) || !bare || value.includes('?') || value.includes('#')) {
      return fail(baseUrl, value)
    }
    if (url.port === '0') return fail(baseUrl, value, ' (port 0 cannot be reached)')
    return url.href.replace(/\/+$/, '')
  },
}

const BUILT_IN_GLUE = ['rest', 'openstack'] as const
/** A built-in glue, or the path of a definition: anything with a slash or that ends like a YAML file. */
export const glue: ValueType<string> = {
  expects: `${BUILT_IN_GLUE.join(', ')}, or the path of a definition (./name.glue.yaml)`,
  argument: 'GLUE',
  parse(value, base) {
    if (typeof value !== 'string' || value === '') return fail(glue, value)
    if (BUILT_IN_GLUE.some(name => name === value)) return value
    if (value.includes('/') || /\.ya?ml$/.test(value)) return filePath.parse(value, base)
    const near = nearestName(value, BUILT_IN_GLUE)
    return fail(glue, value, near === undefined ? '' : ` (did you mean "${near}"?)`)
  },
}

export const exposedMethod: ValueType<string> = {
  expects: 'an HTTP method or *',
  argument: 'METHOD',
  parse(value) {
    return typeof value === 'string' && /^(\*|[A-Za-z][A-Za-z0-9_-]{0,31})$/.test(value)
      ? value.toUpperCase()
      : fail(exposedMethod, value)
  },
}

export const exposedSite: ValueType<string> = {
  expects: 'the name of a site or *',
  argument: 'NAME',
  parse: (value, base) => (value === '*' ? '*' : siteName.parse(value, base)),
}

export const exposedPath: ValueType<string> = {
  expects: 'a path that begins with "/", where * is one segment and ** any number at the end',
  argument: 'PATH',
  parse(value) {
    const good = typeof value === 'string' && /^\/[^\s?#]{0,1023}$/.test(value) && !/\*\*./.test(value)
    return good ? value : fail(exposedPath, value)
  },
}

const webhookEvents = () => listOf(oneOf(...WEBHOOK_EVENTS), WEBHOOK_EVENTS.length)
const WEBHOOK_KEYS = ['url', 'secretFile', 'events']

/** Who is told of replication by HTTP: a map, or its URL alone. No sentence repeats the URL, since many hold a secret. */
export const webhook: ValueType<WebhookConfig> = {
  expects: `an http:// or https:// URL, or {url, secretFile, events: [${WEBHOOK_EVENTS.join(', ')}]}`,
  argument: 'WEBHOOK',
  parse(value, base) {
    const given: unknown = typeof value === 'string' ? { url: value } : value
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return fail(webhook, given)
    const { url, secretFile, events } = given as Readonly<Record<string, unknown>>
    const unknown = Object.keys(given).find(name => !WEBHOOK_KEYS.includes(name))
    if (unknown !== undefined) {
      const near = nearestName(unknown, WEBHOOK_KEYS)
      const hint = near === undefined ? `known are ${WEBHOOK_KEYS.join(', ')}` : `did you mean "${near}"?`
      throw new BadValue(`has an unknown key ${shown(unknown)}; ${hint}`)
    }
    return {
      url: webhookUrl(url),
      secretFile: isNone(secretFile) ? undefined : within('secretFile', () => filePath.parse(secretFile, base)),
      events: isNone(events) ? [...WEBHOOK_EVENTS] : within('events', () => webhookEvents().parse(events, base)),
    }
  },
}

const isNone = (value: unknown): boolean => value === undefined || value === null

function webhookUrl(value: unknown): string {
  const url = typeof value === 'string' && !/[\s\\]/.test(value) && URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new BadValue('needs url: an http:// or https:// URL without user')
  }
  url.hash = ''
  return url.href
}

function within<T>(name: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw error instanceof BadValue ? new BadValue(`has ${name} that ${error.message}`, { cause: error }) : error
  }
}

/** A list; one value alone is a list of one. A string from a variable or a flag was split before (given-text.ts). */
export function listOf<T>(item: ValueType<T>, max: number): ValueType<readonly T[]> {
  const type: ValueType<readonly T[]> = {
    expects: `a list of: ${item.expects}`,
    argument: item.argument,
    list: true,
    parse(value, base) {
      if (value === null || value === undefined) return []
      const given: readonly unknown[] = Array.isArray(value) ? value : [value]
      if (given.length > max) throw new BadValue(`has ${String(given.length)} items, more than ${String(max)}`)
      return given.map((each, index) => {
        try {
          return item.parse(each, base)
        } catch (error) {
          if (!(error instanceof BadValue) || given.length === 1) throw error
          throw new BadValue(`item ${String(index + 1)} ${error.message}`, { cause: error })
        }
      })
    },
  }
  return type
}

/** Names and values that are short texts. Numbers and booleans in YAML are taken as they are written. */
export const labelMap: ValueType<Readonly<Record<string, string>>> = {
  expects: 'names with values ({region: eu}; in variables and flags region=eu,tier=edge)',
  argument: 'NAME=VALUE',
  list: true,
  parse(value) {
    if (value === null || value === undefined) return {}
    const entries = labelEntries(value)
    // What a beat carries to every site must stay small.
    if (entries === undefined || entries.length > 64) return fail(labelMap, value)
    return Object.fromEntries(
      entries.map(([name, raw]): [string, string] => {
        const content = scalarText(raw)
        if (!LABEL.test(name) || content === undefined || !LABEL.test(content)) {
          throw new BadValue(
            `has a bad label ${shown(name)}: names and values are 1 to 63 letters, digits, "-", "_", "."`,
          )
        }
        return [name, content]
      }),
    )
  },
}
const LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

function labelEntries(value: unknown): [string, unknown][] | undefined {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (items.every(item => typeof item === 'string')) {
    const pairs = items.map(item => /^([^=]+)=(.+)$/.exec(item))
    if (pairs.some(pair => pair === null)) return undefined
    return pairs.map(pair => [pair?.[1] ?? '', pair?.[2]])
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined
}
