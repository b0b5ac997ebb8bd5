/** Headers of requests and answers that are composed here: names and values in turn. */
import { HEADER_NAMES } from '../core/resource/headers.ts'

/** Headers but those that are dropped; `drops` is asked with names in small letters. */
export function without(rawHeaders: readonly string[], drops: (name: string) => boolean): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (!drops(name.toLowerCase())) kept.push(name, rawHeaders[i + 1] as string)
  }
  return kept
}

/** A warning for people, as clients print them (RFC 9111, 5.5; code 299). */
export function warning(text: string): readonly string[] {
  return ['Warning', `299 cheops "${text.replaceAll(/["\\]/g, "'")}"`]
}

/** Sites in a header: `site1, "2nd"`. */
export function partialHeader(sites: readonly string[]): readonly string[] {
  return sites.length === 0 ? [] : [HEADER_NAMES.partial, sites.map(siteItem).join(', ')]
}

/** The members of a resource that another agent looks for. */
export function membersHeader(members: readonly string[]): readonly string[] {
  return [HEADER_NAMES.members, members.map(siteItem).join(', ')]
}

/** The names in such a header. */
export function sitesIn(value: string): readonly string[] {
  return value
    .split(',')
    .map(item => item.trim().replace(/^"(.*)"$/, '$1'))
    .filter(name => name !== '')
}

/** The name of a site as an item of an RFC 9651 list: a token begins with a letter, names of sites may begin with a digit. */
export function siteItem(site: string): string {
  return /^[a-z]/.test(site) ? site : `"${site}"`
}
