/** What an application has of a resource: a body, as far as it can be looked into. */
import { jsonTypeIn } from './json-type.ts'
import type { LargeBody } from '../bodies/body-records.ts'
import type { ParsedBody } from '../../../ports/replication-glue.ts'

/** A body as far as it can be looked into: one that is too large to be held is known by its hash. */
export type State = ParsedBody | (LargeBody & { readonly is: 'large' })

/** What the application has under the name. */
export type Reading =
  | { readonly is: 'absent' }
  | {
      readonly is: 'present'
      readonly rawHeaders: readonly string[]
      /** Empty where the body is too large to be held. */
      readonly bytes: Uint8Array
      readonly body: State
      readonly hash: string
    }
  /** It could not be read now. */
  | { readonly is: 'unknown'; readonly status: number | undefined }

/** Refusals of something that may be answered a moment later. */
const PASSING: ReadonlySet<number> = new Set([408, 423, 425, 429])

/** Whether the application lets nobody read it: it may be changed all the same. */
export function isKeptFromReading(reading: Reading): boolean {
  if (reading.is !== 'unknown' || reading.status === undefined) return false
  return reading.status >= 400 && reading.status < 500 && !PASSING.has(reading.status)
}

/** A resource as the application answered a write. */
export type Seen = Reading & { readonly is: 'present' }

/** Stands for a body that is too large to be looked into. */
export const UNSEEN: ParsedBody = { is: 'opaque', bytes: new Uint8Array(0), why: 'is too large to be looked into' }

/** As it is sent. */
export function bytesOf(body: ParsedBody): Uint8Array {
  return body.is === 'opaque' ? body.bytes : new TextEncoder().encode(JSON.stringify(body.value))
}

/** What says how a body is to be read that is no JSON. */
const DESCRIBING = /^content-(type|encoding|language)$/i

/**
 * What says of a body how it is to be read, names and values in turn.
 * @param given that came with it: what is no JSON is what they say, and JSON is what `jsonTypeIn` makes of them
 */
export function headersFor(body: ParsedBody, given: readonly string[]): string[] {
  if (body.is === 'json') return ['content-type', jsonTypeIn(given)]
  return given.flatMap((name, place) =>
    place % 2 === 0 && DESCRIBING.test(name) ? [name, given[place + 1] ?? ''] : [],
  )
}

/** One that is a file. */
export function large({ hash, length }: LargeBody): State {
  return { is: 'large', hash, length }
}

/** As glue is shown it. */
export function seenOf(state: State): ParsedBody {
  return state.is === 'large' ? UNSEEN : state
}
