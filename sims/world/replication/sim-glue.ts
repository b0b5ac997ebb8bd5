import { checkDefinition } from '../../../src/glue/check.ts'
import { interpret } from '../../../src/glue/interpreter.ts'
import type { ReplicationGlue } from '../../../src/ports/replication-glue.ts'

/** What the fake applications are like, in the words of a real definition. */
export const DEFINITION = `
glue: 1
application: warehouse
kinds:
  item:
    collection: /items
    resource: /items/{id}
    id: {at: /id, from: client}
    conditions: if-match
    operations:
      add: {method: POST, path: "/items/{id}/lines", replay: false}
`

const PLAIN = `${DEFINITION}      count: {method: POST, path: "/items/{id}/count", replay: false}
      restore: {method: POST, path: "/items/{id}/restore", replay: false}
`

/** Definitions that say different things of what two operations do to each other; the applications are the same. */
export const VARIANTS = {
  /** The default rule, with more operations. */
  plain: PLAIN,
  /** Of two additions the later one counts. */
  latest: `${PLAIN}    matrix:
      - {before: add, after: add, resolve: take-one}
      - {before: count, after: count, resolve: any-order}
`,
  /** An operation of its own says all that the resource is, and a new body does away with what it has not seen. */
  restoring: `${PLAIN.replace('/restore", replay: false', '/restore", reset: true')}    matrix:
      - {before: add, after: replace, resolve: take-one}
      - {before: merge, after: restore, resolve: take-one}
`,
  /** Lines come before counts and merges, and counts have no order. */
  ordered: `${PLAIN}    matrix:
      - {before: count, after: add, resolve: reverse-order}
      - {before: merge, after: add, resolve: reverse-order}
      - {before: count, after: count, resolve: any-order}
`,
} as const

export type Variant = keyof typeof VARIANTS

export const SERVICE = 'warehouse'
export const KIND = 'item'

const made = new Map<string, ReplicationGlue>()

/** The real interpreter of a definition for the fake applications; each is made once, since that takes as long as half a run. */
export function simGlue(text = DEFINITION): ReplicationGlue {
  const known = made.get(text)
  if (known !== undefined) return known
  const { definition, findings } = checkDefinition(text)
  if (definition === undefined) throw new Error(findings.map(({ message }) => message).join('; '))
  const glue = interpret(definition)
  made.set(text, glue)
  return glue
}
