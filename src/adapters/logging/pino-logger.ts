import { pino } from 'pino'
import type { DestinationStream } from 'pino'
import type { LogLevel } from '../../config.ts'
import type { LogFields, Logger } from '../../ports/logger.ts'
import { prettyStream } from './pretty.ts'

export interface LoggerOptions {
  readonly level: LogLevel
  readonly format: 'json' | 'pretty'
  /** Fields of every line: the site's name. */
  readonly fields?: LogFields
  /** Where lines go; the standard error by default, as the standard output belongs to what a command answers. */
  readonly destination?: DestinationStream
  /** Whether pretty lines have colours. */
  readonly colour?: boolean
}

/**
 * Names of fields that hold secrets whatever their value is. They should never become fields (ports/logger.ts); if one does,
 * its value does not reach the log. Looked at in the fields themselves and one and two levels below.
 */
export const SECRET_FIELDS = [
  'authorization',
  'proxy-authorization',
  'proxyAuthorization',
  'cookie',
  'set-cookie',
  'x-auth-token',
  'x-subject-token',
  'token',
  'password',
  'secret',
  'psk',
  'privateKey',
  'body',
] as const

const escaped = (name: string) => `["${name}"]`
const REDACT = [
  ...SECRET_FIELDS.flatMap(name => [escaped(name), `*${escaped(name)}`, `*.*${escaped(name)}`]),
  // Headers as Node writes them with capitals, where a whole map of headers became a field.
  ...['Authorization', 'Proxy-Authorization', 'Cookie', 'Set-Cookie', 'X-Auth-Token', 'X-Subject-Token'].flatMap(
    name => [escaped(name), `*${escaped(name)}`, `*.*${escaped(name)}`],
  ),
]

/** The log of an agent: JSON lines for machines (`time` is ISO 8601, `level` a word), or lines for people. */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true })
  return wrap(
    pino(
      {
        level: options.level,
        base: options.fields ?? {},
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: label => ({ level: label }) },
        redact: { paths: REDACT, censor: '***' },
        // An error's message may come from a library and repeat what a client sent: name and code say enough, the stack
        // is for debug level only.
        serializers: { error: errorFields, err: errorFields },
      },
      options.format === 'pretty' ? prettyStream(destination, options.colour ?? false) : destination,
    ),
  )
}

function wrap(inner: pino.Logger): Logger {
  return {
    debug: (fields, message) => {
      inner.debug(fields, message)
    },
    info: (fields, message) => {
      inner.info(fields, message)
    },
    warn: (fields, message) => {
      inner.warn(fields, message)
    },
    error: (fields, message) => {
      inner.error(fields, message)
    },
    child: fields => wrap(inner.child(fields)),
  }
}

function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  const cause = error.cause === undefined ? {} : { cause: errorFields(error.cause) }
  return { name: error.name, ...code, message: error.message, stack: error.stack, ...cause }
}
