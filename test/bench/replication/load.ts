import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './client.ts'
import { bodyOf, nameOf } from './items.ts'
import type { Ledger } from './ledger.ts'

export interface Load {
  /** Clients of each origin. */
  readonly origins: readonly (readonly Client[])[]
  readonly service: string
  readonly ledger: Ledger
  /** Items that exist already; each origin writes a share of its own, each client a share of that: no two writes of one item at once. */
  readonly items: number
  /** A number above all that were used before; goes up with each write. */
  readonly nextSequence: () => number
  readonly signal: AbortSignal
}

export interface LoadReport {
  readonly accepted: number
  readonly seconds: number
  /** From when a request was due until its answer, milliseconds. */
  readonly answersMs: readonly number[]
  /** By status; broken connections under 0. */
  readonly refused: ReadonlyMap<number, number>
  /** One of the refusals, in the agent's words. */
  readonly refusal: string | undefined
}

/** Every client writes as fast as it is answered. */
export function loadFully(load: Load, seconds: number): Promise<LoadReport> {
  const end = performance.now() + seconds * 1_000
  return run(load, async (write, places) => {
    for (let turn = 0; performance.now() < end && !load.signal.aborted; turn++)
      await write(places[turn % places.length] ?? 0, performance.now())
  })
}

/** So many writes a second in all, spread evenly; one that no client is free for waits, and the wait counts. */
export function loadEvenly(load: Load, seconds: number, perSecond: number): Promise<LoadReport> {
  const clients = load.origins.reduce((sum, each) => sum + each.length, 0)
  const everyMs = (1_000 * clients) / perSecond
  const start = performance.now()
  let number = 0
  return run(load, async (write, places) => {
    const first = start + (everyMs * number++) / clients
    for (let turn = 0; !load.signal.aborted; turn++) {
      const due = first + turn * everyMs
      if (due >= start + seconds * 1_000) return
      const early = due - performance.now()
      if (early > 0) await sleep(early)
      await write(places[turn % places.length] ?? 0, due)
    }
  })
}

/** Creates at the first origin, with a scope, as fast as it is answered, until `items` are there or the time is over. */
export async function create(
  load: Load,
  from: number,
  until: number,
  seconds: number,
  scope: string,
): Promise<LoadReport> {
  const end = performance.now() + seconds * 1_000
  let place = from
  const report = await run(load, async (_, __, tell) => {
    while (place < until && performance.now() < end && !load.signal.aborted) {
      const own = place++
      await tell('POST', '/items', `cheops-scope: ${scope}\r\n`, own, performance.now())
    }
  })
  return report
}

/** Each of these places once, in this order, each client one after another; those of one item far apart. */
export function writeEach(load: Load, places: readonly number[]): Promise<LoadReport> {
  const clients = load.origins.reduce((sum, each) => sum + each.length, 0)
  let number = 0
  return run(load, async write => {
    for (let at = number++; at < places.length && !load.signal.aborted; at += clients)
      await write(places[at] ?? 0, performance.now())
  })
}

type Write = (place: number, due: number) => Promise<void>
type Tell = (method: string, path: string, headers: string, place: number, due: number) => Promise<void>

async function run(
  { origins, service, ledger, items, nextSequence }: Load,
  client: (write: Write, places: readonly number[], tell: Tell) => Promise<void>,
): Promise<LoadReport> {
  const answersMs: number[] = []
  const refused = new Map<number, number>()
  let [accepted, refusal] = [0, undefined as string | undefined]
  const began = performance.now()
  const tellBy =
    (one: Client): Tell =>
    async (method, path, headers, place, due) => {
      const sequence = nextSequence()
      ledger.sent(place, sequence)
      const status = await one.request(method, `/${service}${path}`, headers, bodyOf(place, sequence))
      const at = performance.now()
      answersMs.push(at - due)
      if (status >= 200 && status < 300) {
        accepted++
        ledger.accepted(place, sequence, at)
      } else {
        refused.set(status, (refused.get(status) ?? 0) + 1)
        refusal ??= one.last
        ledger.refused(place, sequence)
      }
    }
  await Promise.all(
    origins.flatMap((clients, origin) =>
      clients.map((one, index) => {
        const tell = tellBy(one)
        const places: number[] = []
        const step = origins.length * clients.length
        for (let place = origin * clients.length + index; place < items; place += step) places.push(place)
        return client((place, due) => tell('PUT', `/items/${nameOf(place)}`, '', place, due), places, tell)
      }),
    ),
  )
  return { accepted, seconds: (performance.now() - began) / 1_000, answersMs, refused, refusal }
}
