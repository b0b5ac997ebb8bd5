/**
 * What answers mean that say something else in their body than their status does: some applications answer 200 whatever happens, what
 * serves a web front end answers each path with its page, and some say by a 5xx that they refuse something: nobody could tell then whether it was done.
 */
import { isSuccess } from '../core/resource/success.ts'
import type { ErrorDefinition } from './definition.ts'
import { canonicalJson } from './json.ts'
import { mediaTypeOf, parseBody } from './parse-body.ts'
import { pointerGet } from './pointer.ts'

/**
 * The status that an answer means: its own, or that of the first rule that fits.
 * @param method of the request
 * @param bytes of the body; undefined where it was not read whole
 */
export function statusMeant(
  rules: readonly ErrorDefinition[],
  method: string,
  status: number,
  rawHeaders: readonly string[],
  bytes: Uint8Array | undefined,
): number {
  const answeredSo = rules.filter(({ answered }) => (answered === undefined ? isSuccess(status) : answered === status))
  if (answeredSo.length === 0) return status
  const body = bytes && valueOf(rawHeaders, bytes)
  const rule = answeredSo.find(({ at, type, is, read }) => {
    if (read === true && method !== 'GET') return false
    if (type !== undefined && mediaTypeOf(rawHeaders) !== type.toLowerCase()) return false
    if (at === undefined) return true
    const found = body === undefined ? undefined : pointerGet(body.value, at)
    return is === undefined ? saysSomething(found) : found !== undefined && canonicalJson(found) === canonicalJson(is)
  })
  return rule?.status ?? status
}

/** A body that can be looked into; none at all says nothing, as `null` does. */
function valueOf(rawHeaders: readonly string[], bytes: Uint8Array): { readonly value: unknown } | undefined {
  if (bytes.length === 0) return { value: null }
  const body = parseBody(rawHeaders, bytes)
  return body.is === 'json' ? body : undefined
}

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  return !Array.isArray(value) || value.length > 0
}

/** What a definition may say so that an answer of success to a read of what is not there is understood: a rule, as YAML. */
export function absenceRule(rawHeaders: readonly string[], bytes: Uint8Array, name: string): string {
  const body = valueOf(rawHeaders, bytes)
  const type = mediaTypeOf(rawHeaders)
  if (body === undefined) return type === undefined ? NO_IDEA : `{type: ${type}, status: 404}`
  const text = canonicalJson(body.value)
  // Writes may well be answered like that.
  if (['null', '{}', '[]', '""'].includes(text)) return `{at: "", is: ${text}, read: true, status: 404}`
  if (typeof body.value !== 'object' || body.value === null || Array.isArray(body.value)) return NO_IDEA
  const entries = Object.entries(body.value).filter(([key]) => /^[\w-]{1,40}$/.test(key))
  const tells = ([key, value]: readonly [string, unknown]): boolean =>
    TELLING.test(key) && typeof value === 'string' && value.length <= MAX_SHOWN && !value.includes(name)
  const [key, value] = entries.find(tells) ?? entries.find(([, each]) => each === false) ?? []
  if (key !== undefined) return `{at: /${key}, is: ${JSON.stringify(value)}, status: 404}`
  const [error] = entries.find(([each, said]) => /^errors?$/i.test(each) && saysSomething(said)) ?? []
  return error === undefined ? NO_IDEA : `{at: /${error}, status: 404}`
}

export const NO_IDEA = '{at: /PLACE, is: VALUE, status: 404}'
const TELLING = /^(errors?|message|reason|code|detail)$/i
const MAX_SHOWN = 60
