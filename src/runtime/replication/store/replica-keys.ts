/** Under which keys replicants, and what belongs to them, lie in the store. The key layout is in README.md. */
import type { Dot, ReplicantName } from '../../../core/oplog/index.ts'

/** Below it lie the records of all replicants. */
export const REPLICANTS = 'replication/replicant/'
const CORE_KEY = /^replication\/replicant(\/[^/]*){3}\/core$/

/** Whether a key is that of a core; what a site called "core" has acknowledged lies a step deeper. */
export function isCoreKey(key: string): boolean {
  return CORE_KEY.test(key)
}
const CURSORS = 'replication/cursor/'
/** What stays as it is when it is percent-encoded: nearly all names. */
const PLAIN = /^[\w.!~*'()-]*$/
/** Percent-encoded, so that it has no slash. */
export const keyText = (text: string): string => (PLAIN.test(text) ? text : encodeURIComponent(text.toWellFormed()))
/** Percent-encoded, as keys have it. */
export const pathOf = ({ service, kind, name }: ReplicantName): string => [service, kind, name].map(keyText).join('/')

/** Below which the records of all replicants of one kind lie. */
export const kindPrefix = (service: string, kind: string): string =>
  `${REPLICANTS}${keyText(service)}/${keyText(kind)}/`

/** A dot as it ends keys: they sort as numbers do. */
export const dotPath = ({ site, incarnation, number }: Dot): string =>
  `${site}/${incarnation}/${number.toString(16).padStart(14, '0')}`

/** Key of what is durable here of another site's outbox. */
export const cursorKey = (site: string, incarnation: string): string => `${CURSORS}${site}/${incarnation}`

/** Below which the records of one replicant lie: three names, percent-encoded, so that a slash only separates. */
export function prefixOf(name: ReplicantName): string {
  return `${REPLICANTS}${pathOf(name)}/`
}
