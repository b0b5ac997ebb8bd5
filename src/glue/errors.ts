/**
 * What answers mean that have a status of success and say something else in their body: some applications answer 200 whatever happens, and what
 * serves a web front end answers each path with its page.
 */
import type { ErrorDefinition } from './definition.ts'
import { mediaTypeOf, parseBody } from './parse-body.ts'
import { pointerGet } from './pointer.ts'

/** The status that an answer means: its own, or that of the first rule that fits. */
export function statusMeant(
  rules: readonly ErrorDefinition[],
  status: number,
  rawHeaders: readonly string[],
  bytes: Uint8Array,
): number {
  if (rules.length === 0 || status < 200 || status >= 300) return status
  const body = parseBody(rawHeaders, bytes)
  const rule = rules.find(({ at, type, is }) => {
    if (type !== undefined && mediaTypeOf(rawHeaders) !== type.toLowerCase()) return false
    if (at === undefined) return true
    const found = body.is === 'json' ? pointerGet(body.value, at) : undefined
    return is === undefined ? saysSomething(found) : found === is
  })
  return rule?.status ?? status
}

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  return !Array.isArray(value) || value.length > 0
}

/** What a definition may say so that an answer of success to a read of what is not there is understood: a rule, as YAML. */
export function absenceRule(rawHeaders: readonly string[], bytes: Uint8Array, name: string): string {
  const body = parseBody(rawHeaders, bytes)
  const type = mediaTypeOf(rawHeaders)
  if (body.is === 'opaque') return type === undefined ? NO_IDEA : `{type: ${type}, status: 404}`
  if (typeof body.value !== 'object' || body.value === null || Array.isArray(body.value)) return NO_IDEA
  const entries = Object.entries(body.value).filter(([key]) => /^[\w-]{1,40}$/.test(key))
  const text = ([key, value]: readonly [string, unknown]): boolean =>
    TELLING.test(key) && typeof value === 'string' && value.length <= MAX_SHOWN && !value.includes(name)
  const [key, value] = entries.find(text) ?? entries.find(([, each]) => each === false) ?? []
  if (key !== undefined) return `{at: /${key}, is: ${JSON.stringify(value)}, status: 404}`
  const [error] = entries.find(([each, said]) => /^errors?$/i.test(each) && saysSomething(said)) ?? []
  return error === undefined ? NO_IDEA : `{at: /${error}, status: 404}`
}

const NO_IDEA = '{at: /PLACE, is: VALUE, status: 404}'
const TELLING = /^(errors?|message|reason|code|detail)$/i
const MAX_SHOWN = 60
