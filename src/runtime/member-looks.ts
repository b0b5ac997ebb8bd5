/** What a read under `&` has found at each member. */
import { ERROR_HEADER, REQUIRE_HEADER } from '../core/resource/headers.ts'
import { headerValue } from '../core/resource/http-head.ts'
import { CheopsError } from '../errors.ts'
import type { ApplicationAnswer } from '../ports/application.ts'
import type { Exchange } from '../ports/exchange.ts'
import { siteItem } from './answer-headers.ts'
import { preferenceOf } from './operation-preference.ts'

/**
 * What a member shows in a read: the same as what is answered; something else; it is in the list; its answer is an error; it was not
 * looked at, since it is too large or too slow, or a list whose items nobody can tell; it cannot be reached.
 */
export type State = 'agrees' | 'differs' | 'listed' | 'failed' | 'unread' | 'unreachable'

export type Look =
  | { readonly site: string; readonly is: 'answered'; readonly answer: ApplicationAnswer }
  | {
      readonly site: string
      readonly is: 'failed' | 'unread' | 'unreachable'
      readonly error: CheopsError
      readonly answer?: ApplicationAnswer
    }

/** Of an answer. */
export function lookOf(site: string, answer: ApplicationAnswer): Look {
  const code = headerValue(answer.rawHeaders, ERROR_HEADER)
  if (code !== undefined) {
    const error = new CheopsError('ERR_SITE_BROKEN', `${site} refused: ${code.slice(0, 80)}.`)
    return { site, is: 'failed', error, answer }
  }
  if (answer.isComplete) return { site, is: 'answered', answer }
  return { site, is: 'failed', error: new CheopsError('ERR_SITE_BROKEN', `the answer of ${site} broke off`) }
}

/** Of what was thrown in place of an answer. */
export function stateOf({ code }: CheopsError, isOwn: boolean): 'failed' | 'unread' | 'unreachable' {
  if (code === 'ERR_APPLICATION_ANSWER_TOO_LARGE') return 'unread'
  if (isOwn) return code === 'ERR_APPLICATION_TIMEOUT' ? 'unread' : 'failed'
  return code.startsWith('ERR_SITE_') ? 'unreachable' : 'failed'
}

/**
 * @param missing sites of looks that show nothing
 * @throws CheopsError ERR_SITE_UNREACHABLE, ERR_REQUEST_HEADER
 */
export function checkRequired(
  { head: { rawHeaders } }: Exchange,
  looks: readonly Look[],
  missing: readonly string[],
): void {
  if (headerValue(rawHeaders, REQUIRE_HEADER) === undefined) return
  const { require } = preferenceOf(rawHeaders)
  const needed = require === 'all' ? looks.length : require === 'one' ? 1 : Math.floor(looks.length / 2) + 1
  if (looks.length - missing.length >= needed) return
  const message = `${looks.length - missing.length} of ${looks.length} members could be read, without ${missing.join(', ')}.`
  throw new CheopsError('ERR_SITE_UNREACHABLE', message, { sites: missing })
}

/** `site1;s=agrees;c=200, site2;s=unreachable;e=ERR_SITE_UNREACHABLE`, by name. */
export function sitesText(states: readonly (readonly [Look, State])[]): string {
  return states
    .map(([look, state]) => {
      const status = look.answer === undefined ? '' : `;c=${look.answer.status}`
      const told = look.answer && headerValue(look.answer.rawHeaders, ERROR_HEADER)
      const code = look.is === 'answered' ? undefined : (told ?? look.error.code)
      const isToken = code !== undefined && /^[A-Z_]{1,64}$/.test(code)
      return `${siteItem(look.site)};s=${state}${status}${isToken ? `;e=${code}` : ''}`
    })
    .toSorted()
    .join(', ')
}
