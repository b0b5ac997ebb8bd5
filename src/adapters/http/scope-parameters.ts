import { headerValue } from '../../core/resource/http-head.ts'
import { LEVELS } from '../../core/resource/level.ts'
import { CheopsError } from '../../errors.ts'

interface Parameter {
  /** The header that says the same. */
  readonly header: string
  /** Its value, undefined for what is none. */
  valueOf(text: string): string | undefined
  readonly takes: string
}

const oneOf = (...values: readonly string[]): Pick<Parameter, 'valueOf' | 'takes'> => ({
  valueOf: text => (values.includes(text) ? text : undefined),
  takes: values.join(', '),
})

/** What the URL prefix may say beside the scope, for clients that cannot send headers: `/~site1 & site2;level=none;wait=5/`. */
const PARAMETERS: ReadonlyMap<string, Parameter> = new Map([
  ['level', { header: 'Cheops-Level', ...oneOf(...LEVELS) }],
  [
    'wait',
    {
      header: 'Prefer',
      valueOf: text => (/^\d{1,9}$/.test(text) ? `wait=${text}` : undefined),
      takes: 'seconds',
    },
  ],
  ['require', { header: 'Cheops-Require', ...oneOf('all', 'quorum', 'one') }],
])

/**
 * The headers that parameters of the URL prefix stand for, names and values in turn. What a header of the request says itself counts more.
 * What cannot be kept is not silently passed over.
 * @throws CheopsError ERR_SCOPE_PARAMETER
 */
export function parameterHeaders(
  parameters: ReadonlyMap<string, string>,
  rawHeaders: readonly string[],
): readonly string[] {
  const headers: string[] = []
  for (const [name, text] of parameters) {
    const parameter = PARAMETERS.get(name)
    if (parameter === undefined)
      throw refused(`there is no parameter "${name.slice(0, 40)}"; there are ${[...PARAMETERS.keys()].join(', ')}`)
    const value = parameter.valueOf(text)
    if (value === undefined) throw refused(`${name} takes ${parameter.takes}, not "${text.slice(0, 40)}"`)
    // `Prefer` is a list, of which the first "wait" counts.
    const isSaid =
      parameter.header !== 'Prefer' && headerValue(rawHeaders, parameter.header.toLowerCase()) !== undefined
    if (!isSaid) headers.push(parameter.header, value)
  }
  return headers
}

function refused(why: string): CheopsError {
  return new CheopsError('ERR_SCOPE_PARAMETER', `The URL prefix cannot be kept: ${why}.`)
}
