import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BesideCase, WatchesCase } from './cases.ts'
import { WATCH_PATH } from './chains/service.ts'
import type { Chain } from './chains/chain.ts'
import { measure } from './measure/measure.ts'
import type { Measuring, Sample } from './measure/measure.ts'
import type { InRound } from './measure/statistics.ts'

/** Small requests alone, and the same while a body of 1 GB passes. */
export interface BesideSample extends InRound {
  readonly alone: Sample
  readonly beside: Sample
  /** What the large body got meanwhile. */
  readonly large: Sample
}

/** For the large body to be under way, and to outlast the small requests. */
const MARGIN_S = 1

export async function measureBeside(
  chain: Chain,
  { seconds, round }: Pick<BesideCase, 'seconds'> & InRound,
  measuring: Measuring,
): Promise<BesideSample> {
  const small = { path: '/1k', connections: 1, seconds, round }
  const alone = await measure(chain, small, measuring)
  const large = measure(chain, { path: '/1g', connections: 1, seconds: seconds + 2 * MARGIN_S, round }, measuring)
  const [beside, besideLarge] = await Promise.all([
    sleep(MARGIN_S * 1_000, undefined, { signal: measuring.signal }).then(() => measure(chain, small, measuring)),
    large,
  ])
  return { round, alone, beside, large: besideLarge }
}

/** Many requests while watches are open. */
export interface WatchesSample extends InRound {
  readonly load: Sample
  /** Watches that were asked for, that were still open after the load, and that something came through during it. */
  readonly watches: number
  readonly open: number
  readonly served: number
}

/** All 200 heads are here within a second; a machine under load may take longer. */
const OPEN_TIMEOUT_MS = 20_000

export async function measureWatches(
  chain: Chain,
  { watches, connections, seconds, round }: Pick<WatchesCase, 'watches' | 'connections' | 'seconds'> & InRound,
  measuring: Measuring,
): Promise<WatchesSample> {
  const opened: Watch[] = []
  try {
    const signal = AbortSignal.any([measuring.signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)])
    const pending = Array.from({ length: watches }, () => openWatch(chain, signal))
    for (const result of await Promise.allSettled(pending)) if (result.status === 'fulfilled') opened.push(result.value)
    for (const watch of opened) watch.bytes = 0
    const load = await measure(chain, { path: '/1k', connections, seconds, round }, measuring)
    return {
      round,
      load,
      watches,
      open: opened.filter(watch => !watch.ended).length,
      served: opened.filter(watch => watch.bytes > 0).length,
    }
  } finally {
    for (const watch of opened) watch.answer.destroy()
  }
}

interface Watch {
  readonly answer: IncomingMessage
  bytes: number
  ended: boolean
}

/** Resolves with the first bytes of the answer. */
function openWatch(chain: Chain, signal: AbortSignal): Promise<Watch> {
  const { url, headers } = chain.target(WATCH_PATH)
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers }, answer => {
      const watch: Watch = { answer, bytes: 0, ended: false }
      answer.on('data', (chunk: Buffer) => {
        watch.bytes += chunk.length
        if (answer.statusCode === 200) resolve(watch)
      })
      answer.once('close', () => (watch.ended = true))
      // Ours, when we destroy it; any other shows in `ended`.
      answer.on('error', () => undefined)
      if (answer.statusCode !== 200) reject(new Error(`a watch was answered ${String(answer.statusCode)}`))
    })
    request.once('error', reject)
    const onAbort = (): void => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    request.once('close', () => signal.removeEventListener('abort', onAbort))
  })
}
