import { createHash } from 'node:crypto'
import type { GlueDefinition, KindDefinition } from './definition.ts'

/** Hexadecimal digits of a fingerprint: 64 bits, as it is compared with those of a few other sites. */
const LENGTH = 16

/** What a kind says for one site alone, for people, or for sharing: members may say it differently. */
const OF_ITS_OWN: ReadonlySet<keyof KindDefinition> = new Set([
  'agent-headers',
  'cross',
  'dry-run',
  'example',
  'links',
  'parts',
])

/**
 * What two definitions have in common if they replicate in the same way: comments, the order of fields, the name of the application and what
 * only sharing reads do not count. 16 hexadecimal digits, of SHA-256.
 */
export function fingerprintOf({ replication = true, headers = [], kinds }: GlueDefinition): string {
  const own = Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, replicated(kind)]))
  const stored = headers.map(header => header.toLowerCase()).toSorted()
  const text = JSON.stringify(sorted({ replication, headers: stored, kinds: own }))
  return createHash('sha256').update(text).digest('hex').slice(0, LENGTH)
}

function replicated(kind: KindDefinition): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(kind).filter(([field]) => !OF_ITS_OWN.has(field as keyof KindDefinition)))
}

/** Fields of all objects in one order; lists as they are. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([field, held]) => [field, sorted(held)] as const)
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
