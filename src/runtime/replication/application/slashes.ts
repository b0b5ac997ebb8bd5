import { remember } from '../../../core/resource/remember.ts'
import { headerValue } from '../../../core/resource/http-head.ts'
import { MAX_KNOWN_SLASHES } from '../limits.ts'
import type { ApplicationAnswer } from '../../../ports/application.ts'

/** What a path is of: its kind's collection, or a resource of it. */
export type PathRole = 'collection' | 'resource'

/**
 * Applications that have their paths with a slash at the end, or without, and send whoever asks otherwise to the right one (Django, FastAPI).
 * Where no definition says so it is learnt from the application: nothing is done by such an answer, so the request is sent again there,
 * and the next ones go there at once.
 */
export class Slashes {
  readonly #ends = new Map<string, boolean>()

  /** A path as the application wants those of its kind, as far as that is known. */
  path(service: string, kind: string, role: PathRole, path: string): string {
    const ends = this.#ends.get(keyOf(service, kind, role))
    return ends === undefined || ends === path.endsWith('/') || path.includes('?') ? path : other(path)
  }

  /** The application answers at this path. */
  learn(service: string, kind: string, role: PathRole, path: string): void {
    const key = keyOf(service, kind, role)
    remember(this.#ends, key, path.endsWith('/'), MAX_KNOWN_SLASHES)
  }
}

/**
 * Where an answer sends to, if that is the same path with a slash at its end, or without. What host it names does not matter: it is the
 * application that is asked again.
 */
export function slashedPath(path: string, { status, rawHeaders }: ApplicationAnswer): string | undefined {
  const location = REDIRECTIONS.has(status) ? headerValue(rawHeaders, 'location') : undefined
  if (location === undefined || path.includes('?')) return undefined
  const asked = URL.parse(path, BASE)
  const found = URL.parse(location, asked?.href ?? BASE)
  if (asked === null || found === null || found.search !== '') return undefined
  return found.pathname === other(asked.pathname) ? other(path) : undefined
}

/** 303 says that something was done. */
const REDIRECTIONS: ReadonlySet<number> = new Set([301, 302, 307, 308])

const BASE = 'http://application'

function other(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`
}

function keyOf(service: string, kind: string, role: PathRole): string {
  return JSON.stringify([service, kind, role])
}
