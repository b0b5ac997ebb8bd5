import { headerValue } from '../../../core/resource/http-head.ts'

/** Of JSON of which nobody has said more. */
export const JSON_TYPE = 'application/json'

const JSON_TYPES = /^(application|text)\/([^\s/;+]+\+)*json$/i

/** What a PATCH has says what changes, and not what the resource is. */
const PATCH_TYPES = /patch/i

const IS_UTF_8 = /^charset="?utf-?8"?$/i

/** @param value of Content-Type */
export function isJsonType(value: string): boolean {
  return JSON_TYPES.test(value.split(';', 1)[0]?.trim() ?? '')
}

/**
 * The media type in which JSON is sent, with its parameters: that of the request that said it, where that is one of JSON (`application/vnd.api+json`), and not
 * of a patch; else the plain one. What is sent is UTF-8, whatever it was.
 * @param given headers that came with it, names and values in turn
 */
export function jsonTypeIn(given: readonly string[]): string {
  const said = headerValue(given, 'content-type')?.trim()
  if (said === undefined || !isJsonType(said)) return JSON_TYPE
  const [type = '', ...parameters] = said.split(';').map(part => part.trim())
  if (PATCH_TYPES.test(type)) return JSON_TYPE
  return parameters.some(each => /^charset=/i.test(each) && !IS_UTF_8.test(each)) ? type : said
}
