// The applications of one site, one of each style, as a process of its own: `node application-main.ts PORT SITE FILE SEED`. A style's things are at
// `/<style>/things`. What it has been told is in FILE before it answers, so that it can be killed and started again; without FILE it has lost all.
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom } from '../../sims/world/seeded-random.ts'
import { STYLES } from './styles.ts'
import type { Style } from './styles.ts'

type Fields = Record<string, unknown>
interface Thing {
  readonly fields: Fields
  readonly revision: number
  readonly changedAt: number
}
interface Answered {
  readonly status: number
  readonly body?: unknown
  readonly etag?: string
}

const [port = '', site = '', file = '', seed = ''] = process.argv.slice(2)
const random = new SeededRandom(Number(seed))
/** Things by style and name. */
const things = new Map<string, Map<string, Thing>>(STYLES.map(({ name }) => [name, new Map()]))
/** Instances count from different numbers. */
let revisions = random.below(1e6)

if (existsSync(file)) {
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    // The last line may be half of one.
    if (!line.endsWith('}')) continue
    const { style, id, fields } = JSON.parse(line) as { style: string; id: string; fields?: Fields }
    if (fields === undefined) things.get(style)?.delete(id)
    else things.get(style)?.set(id, { fields, revision: revisions++, changedAt: Date.now() })
  }
  const kept = [...things].flatMap(([style, all]) => [...all].map(([id, { fields }]) => record(style, id, fields)))
  writeFileSync(`${file}.new`, kept.join(''))
  renameSync(`${file}.new`, file)
}

function record(style: string, id: string, fields: Fields | undefined): string {
  return `${JSON.stringify({ style, id, fields })}\n`
}

function write(style: string, id: string, fields: Fields | undefined): void {
  if (fields === undefined) things.get(style)?.delete(id)
  else things.get(style)?.set(id, { fields, revision: revisions++, changedAt: Date.now() })
  appendFileSync(file, record(style, id, fields))
}

const etagOf = ({ revision }: Thing): string => `"r${String(revision)}"`

function show({ ownFields }: Style, { fields, revision, changedAt }: Thing): Fields {
  return ownFields === true ? { ...fields, revision, changedAt, shop: site } : fields
}

/** RFC 7396, at the top. */
function merged(fields: Fields, patch: Fields): Fields {
  return Object.fromEntries(Object.entries({ ...fields, ...patch }).filter(([, value]) => value !== null))
}

/** Decides at once, and gives back what is to be done now or later. */
function decide(
  style: Style,
  id: string | undefined,
  request: IncomingMessage,
  body: Fields,
): [Answered, (() => void)?] {
  const all = things.get(style.name) ?? new Map<string, Thing>()
  const { method = '', headers } = request
  if (id === undefined) {
    if (method === 'GET') return [{ status: 200, body: [...all.values()].map(thing => show(style, thing)) }]
    if (method !== 'POST') return [{ status: 405, body: { error: 'GET or POST' } }]
    const named = body['id']
    if (typeof named !== 'string' || named === '') return [{ status: 400, body: { error: 'an id is needed' } }]
    if (all.has(named)) return [{ status: 409, body: { error: 'it is there' } }]
    return [{ status: 201, body }, () => write(style.name, named, body)]
  }
  const there = all.get(id)
  if (method === 'PUT' && style.put === 'refused') return [{ status: 405, body: { error: 'PATCH' } }]
  if (there === undefined && !(method === 'PUT' && style.put === 'creates'))
    return [{ status: 404, body: { error: 'not found' } }]
  if (there !== undefined && method === 'GET') return [{ status: 200, body: show(style, there), etag: etagOf(there) }]
  if (there !== undefined && style.strict === true) {
    if (headers['if-match'] === undefined) return [{ status: 428, body: { error: 'If-Match is required' } }]
    if (headers['if-match'] !== etagOf(there)) return [{ status: 412, body: { error: 'changed meanwhile' } }]
  }
  switch (method) {
    case 'PUT': {
      const fields = Object.fromEntries(
        Object.entries({ ...body, id }).filter(([name]) => !['revision', 'changedAt', 'shop'].includes(name)),
      )
      return [
        { status: there === undefined ? 201 : 200, body: fields },
        // What was accepted is made, also where it is gone by then.
        () => write(style.name, id, fields),
      ]
    }
    case 'PATCH':
      return [
        { status: 200, body: merged(there?.fields ?? {}, body) },
        // What it is then, which may be later.
        () => {
          const now = all.get(id)
          if (now !== undefined) write(style.name, id, merged(now.fields, body))
        },
      ]
    case 'DELETE':
      return [{ status: 204 }, () => write(style.name, id, undefined)]
    default:
      return [{ status: 405, body: { error: 'not this' } }]
  }
}

/** When all that was accepted for a thing is done, by the monotonic clock. */
const doneAt = new Map<string, number>()

/** What a client has sent is done behind all that was accepted before; what a lane has sent comes as it comes: it has to wait by itself. */
function accept(thing: string, effect: () => void, delayMs: number, { headers }: IncomingMessage): void {
  const now = performance.now()
  const before = doneAt.get(thing) ?? now
  const at = headers['x-client'] === undefined ? now + delayMs : Math.max(now + delayMs, before + 1)
  doneAt.set(thing, Math.max(at, before))
  setTimeout(effect, at - now)
}

async function answer(request: IncomingMessage): Promise<Answered | undefined> {
  const url = new URL(request.url ?? '/', 'http://application')
  const [, styleName = '', collection, ...rest] = url.pathname.split('/')
  const style = STYLES.find(({ name }) => name === styleName)
  const bytes = await buffer(request)
  if (style === undefined || collection !== 'things' || rest.length > 1)
    return { status: 404, body: { error: 'not here' } }
  const [encoded] = rest
  const id = encoded === undefined || encoded === '' ? undefined : decodeURIComponent(encoded)
  const body = bytes.length === 0 ? {} : (JSON.parse(bytes.toString()) as Fields)
  // Who looks past Cheops is not held up.
  const isSpared = request.headers['x-past-cheops'] !== undefined
  if (!isSpared && style.slowMs !== undefined) await sleep(random.uniform() * style.slowMs)
  const fails = !isSpared && random.chance(style.fails ?? 0)
  const isBefore = random.chance(0.5)
  if (fails && isBefore) return { status: random.pick([500, 502, 503]), body: { error: 'not now' } }
  const [answered, effect] = decide(style, id, request, body)
  if (effect !== undefined && !isSpared && style.laterMs !== undefined) {
    accept(`${style.name}/${id ?? String(body['id'])}`, effect, random.uniform() * style.laterMs, request)
    return { status: 202, body: { accepted: true } }
  }
  effect?.()
  if (fails && request.method !== 'GET')
    return random.chance(0.3) ? undefined : { status: 500, body: { error: 'broke behind it' } }
  return answered
}

createServer((request, response) => {
  answer(request).then(
    answered => {
      if (answered === undefined) return void response.destroy()
      const { status, body, etag } = answered
      response.writeHead(status, {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(etag !== undefined && { etag }),
      })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    },
    () => response.destroy(),
  )
}).listen(Number(port), '127.0.0.1')
