import { WEBHOOK_EVENTS, type WebhookConfig } from '../config.ts'
import { nearestName } from '../core/scope/index.ts'
import { BadValue, fail, shown, type ValueType } from './value-type.ts'
import { filePath, listOf, oneOf } from './values.ts'

const webhookEvents = () => listOf(oneOf(...WEBHOOK_EVENTS), WEBHOOK_EVENTS.length)
const WEBHOOK_KEYS = ['url', 'secretFile', 'events']

/** Who is told of replication by HTTP: a map, or its URL alone. No sentence repeats the URL, since many hold a secret. */
export const webhook: ValueType<WebhookConfig> = {
  expects: `an http:// or https:// URL, or {url, secretFile, events: [${WEBHOOK_EVENTS.join(', ')}]}`,
  argument: 'WEBHOOK',
  parse(value, base) {
    const given: unknown = typeof value === 'string' ? { url: value } : value
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return fail(webhook, given)
    const { url, secretFile, events } = given as Readonly<Record<string, unknown>>
    const unknown = Object.keys(given).find(name => !WEBHOOK_KEYS.includes(name))
    if (unknown !== undefined) {
      const near = nearestName(unknown, WEBHOOK_KEYS)
      const hint = near === undefined ? `known are ${WEBHOOK_KEYS.join(', ')}` : `did you mean "${near}"?`
      throw new BadValue(`has an unknown key ${shown(unknown)}; ${hint}`)
    }
    return {
      url: webhookUrl(url),
      secretFile: isNone(secretFile) ? undefined : within('secretFile', () => filePath.parse(secretFile, base)),
      events: isNone(events) ? [...WEBHOOK_EVENTS] : within('events', () => webhookEvents().parse(events, base)),
    }
  },
}

const isNone = (value: unknown): boolean => value === undefined || value === null

function webhookUrl(value: unknown): string {
  const url = typeof value === 'string' && !/[\s\\]/.test(value) && URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new BadValue('needs url: an http:// or https:// URL without user')
  }
  url.hash = ''
  return url.href
}

function within<T>(name: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw error instanceof BadValue ? new BadValue(`has ${name} that ${error.message}`, { cause: error }) : error
  }
}
