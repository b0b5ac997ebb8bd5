/**
 * What an application shows is said to others as what they should take, where a resource becomes a replicant that was made past Cheops. What can be seen not to
 * be that is refused before anybody hears of it: the others would have a frame, or links to another site, as content.
 */
import { isObject } from '../../../core/resource/json-object.ts'
import { pointerPart } from '../../../core/resource/json-pointer.ts'
import { CheopsError } from '../../../errors.ts'
import { frameText, placeOf, someWithin, topsOf } from '../application/framed.ts'
import type { Resource } from '../application/resource.ts'
import type { ParsedBody } from '../../../ports/replication-glue.ts'

/** How deep links are looked for: `{"_links": {"self": [{"href": …}]}}`, and one more. */
const MAX_LINK_DEPTH = 5

/** Of an absolute URL, what is behind the host. */
const ABSOLUTE = /^https?:\/\/[^/?#]+(\/[^?#{]*)/i

/**
 * @param state what the application shows, without what its definition says is its own
 * @throws CheopsError ERR_REPLICANT_UNREADABLE
 */
export function checkShownAsTaken(site: string, resource: Resource, state: ParsedBody): void {
  const { name, glue } = resource
  if (state.is !== 'json' || !isObject(state.value)) return
  const { value } = state
  const refuse = (what: string): CheopsError => {
    const message = `The application at ${site} shows ${name.name} ${what}. Nothing was done.`
    return new CheopsError('ERR_REPLICANT_UNREADABLE', message, { name: name.name })
  }
  const tops = topsOf(glue.kind(name.kind)?.idAt ?? [])
  const saysName = (below: Readonly<Record<string, unknown>>): boolean =>
    tops.some(top => Object.hasOwn(below, top) && isNameOf(name.name, below[top]))
  if (placeOf(tops, value) === 'frame' && someWithin(value, saysName))
    throw refuse(`in a frame, ${frameText(value)}, which the others would take for its content`)
  const path = glue.requestFor(name.kind, name.name, 'read')?.path
  const link = path === undefined ? undefined : linkTo(pathOf(path), value, '', MAX_LINK_DEPTH)
  if (link !== undefined)
    throw refuse(
      `with a link that leads to this site alone, at ${link.slice(0, 80)}: name that, or what it stands in, in server-set of the definition`,
    )
}

/** Names of what stands below something else have that before them. */
function isNameOf(name: string, said: unknown): boolean {
  if (typeof said !== 'string' && typeof said !== 'number') return false
  const text = String(said)
  return name === text || name.endsWith(`/${encodeURIComponent(text)}`)
}

/** Where there is an absolute link to the resource itself: a JSON Pointer. */
function linkTo(path: string, value: unknown, at: string, depth: number): string | undefined {
  if (typeof value === 'string') return isLinkTo(path, value) ? at : undefined
  if (depth === 0 || typeof value !== 'object' || value === null) return undefined
  for (const [name, below] of Object.entries(value)) {
    const found = linkTo(path, below, `${at}/${pointerPart(name)}`, depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}

function isLinkTo(path: string, text: string): boolean {
  const [, its] = ABSOLUTE.exec(text) ?? []
  return its !== undefined && pathOf(its).endsWith(path)
}

/** In one spelling. */
function pathOf(path: string): string {
  const [plain = ''] = path.split('?', 1)
  const whole = plain.endsWith('/') ? plain.slice(0, -1) : plain
  try {
    return decodeURIComponent(whole)
  } catch {
    return whole
  }
}
