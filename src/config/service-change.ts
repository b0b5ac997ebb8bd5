import { isObject } from '../core/resource/json-object.ts'
import { isDeepStrictEqual } from 'node:util'
import type { ServiceConfig } from '../config.ts'
import { CheopsError } from '../errors.ts'
import { BadValue } from './value-type.ts'
import { Problems } from './given.ts'
import { readServiceObject } from './given-services.ts'
import { SERVICE_KEYS, type KeySpec, type ServiceKey } from './keys.ts'
import { parseService, throwProblems } from './load.ts'

/** A service, or a change of one, nested as in the file; in a change null takes a key back, with all that is below it (RFC 7396). */
export type ServiceObject = Readonly<Record<string, unknown>>

/**
 * A service with a change: what the change does not name stays.
 * @param base the folder that relative paths in the change start from
 * @throws CheopsError ERR_CONFIG_INVALID
 */
export function changedService(before: ServiceConfig, change: ServiceObject, base: string): ServiceConfig {
  checkServiceChange(change, base)
  return parseService(merged(objectOf(valuesOf(before)), change), base)
}

/**
 * Looks at each key of a change by itself, without what it will stand beside.
 * @throws CheopsError ERR_CONFIG_INVALID
 */
export function checkServiceChange(change: ServiceObject, base: string): void {
  const problems = new Problems()
  const { keys } = readServiceObject(change, '', base, SERVICE_KEYS, problems)
  const specs: Readonly<Record<string, KeySpec>> = SERVICE_KEYS
  for (const [key, { value }] of keys) {
    if (value === null) continue
    try {
      specs[key]?.type.parse(value, base)
    } catch (error) {
      if (!(error instanceof BadValue)) throw error
      problems.add('', `${key} ${error.message}`)
    }
  }
  throwProblems(problems, undefined)
}

/**
 * What the file shall say of a service so that a start makes it what it is now: what stands there, changed, and else only what differs, so
 * that keys that nobody has touched stay as they were written.
 * @param saved as it stands in the file; undefined where it does not
 */
export function serviceToSave(
  saved: ServiceObject | undefined,
  change: ServiceObject,
  now: ServiceConfig,
  base: string,
): ServiceObject & { readonly name: string } {
  const minimal: ServiceObject = { name: now.name, endpoint: now.endpoint }
  const candidate = merged(saved ?? minimal, change)
  const [start, values] = [candidate, minimal].flatMap(from => {
    const parsed = parsedOrNot(from, base)
    return parsed === undefined ? [] : [[from, valuesOf(parsed)] as const]
  })[0] ?? [minimal, new Map<ServiceKey, unknown>()]
  const differences = new Map<string, unknown>()
  const wanted = valuesOf(now)
  for (const key of Object.keys(SERVICE_KEYS) as ServiceKey[])
    if (!isDeepStrictEqual(values.get(key), wanted.get(key))) differences.set(key, wanted.get(key) ?? null)
  return { ...merged(start, objectOf(differences)), name: now.name }
}

function parsedOrNot(object: ServiceObject, base: string): ServiceConfig | undefined {
  try {
    return parseService(object, base)
  } catch (error) {
    if (error instanceof CheopsError) return undefined
    throw error
  }
}

/** What stands for each key, as a file would have it; without those that are not set. */
function valuesOf(service: ServiceConfig): ReadonlyMap<ServiceKey, unknown> {
  const { endpointTLS, credential, listen, tls, expose } = service
  const file = (kind: 'bearer' | 'basic' | 'headers') => (credential?.kind === kind ? credential.file : undefined)
  const certificate = credential?.kind === 'certificate' ? credential : undefined
  const all: Readonly<Record<ServiceKey, unknown>> = {
    name: service.name,
    endpoint: service.endpoint,
    'endpointTLS.ca': endpointTLS?.ca,
    'endpointTLS.cert': endpointTLS?.cert,
    'endpointTLS.key': endpointTLS?.key,
    'endpointTLS.serverName': endpointTLS?.serverName,
    endpointHost: service.endpointHost,
    'credential.bearerFile': file('bearer'),
    'credential.basicFile': file('basic'),
    'credential.headersFile': file('headers'),
    'credential.cert': certificate?.cert,
    'credential.key': certificate?.key,
    glue: service.glue,
    doubt: service.doubt,
    lookup: service.lookup,
    connections: service.connections,
    hosts: service.hosts,
    listen: listen && `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${String(listen.port)}`,
    'tls.cert': tls?.cert,
    'tls.key': tls?.key,
    'tls.clientCA': tls?.clientCA,
    'expose.sites': expose?.sites,
    'expose.methods': expose?.methods,
    'expose.paths': expose?.paths,
  }
  return new Map(Object.entries(all).filter(([, value]) => value !== undefined) as [ServiceKey, unknown][])
}

/** Nested, from keys by their path. */
function objectOf(values: ReadonlyMap<string, unknown>): ServiceObject {
  let object: ServiceObject = {}
  for (const [key, value] of values)
    object = merged(
      object,
      key.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value),
      false,
    )
  return object
}

/** RFC 7396: maps are joined, null takes away (unless it shall stay), anything else takes the place. */
function merged(target: unknown, change: unknown, takesAway = true): ServiceObject {
  const result: Record<string, unknown> = { ...record(target) }
  for (const [name, value] of Object.entries(record(change))) {
    if (value === undefined) continue
    if (value === null && takesAway) delete result[name]
    else if (isObject(value)) {
      const inner = merged(result[name], value, takesAway)
      // A map without a key left would be `expose` without sites.
      if (Object.keys(inner).length === 0) delete result[name]
      else result[name] = inner
    } else result[name] = value
  }
  return result
}

const record = (value: unknown): ServiceObject => (isObject(value) ? value : {})
