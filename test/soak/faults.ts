import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom } from '../../sims/world/seeded-random.ts'
import { SITES } from './mesh.ts'
import type { SiteName, SoakMesh } from './mesh.ts'
import type { FaultName } from './options.ts'

export interface Fault {
  readonly name: FaultName
  readonly site: SiteName
  /** For `cut`. */
  readonly other: SiteName
  /** From the end of the one before, and how long it lasts. */
  readonly pauseMs: number
  readonly lastsMs: number
  /** For `clock`. */
  readonly aheadMs: number
}

/** So long after a fault its consequences are explained by it: others notice that a site is away or back, and what has waited is done. */
const EXPLAINS_MS = 15_000
const FORGOTTEN_MS = 120_000
const [LEAST_PAUSE_MS, MOST_PAUSE_MS] = [200, 20_000]
/** One pause of three is so long that nothing explains what clients see at its end. */
const [CALM, LEAST_CALM_MS, MOST_CALM_MS] = [1 / 3, EXPLAINS_MS + 10_000, EXPLAINS_MS + 30_000]
const [LEAST_MS, MOST_MS] = [200, 12_000]
const MOST_CLOCK_MS = 300_000

/** Which faults come when: the same for the same seed, without an end. */
export function* drawFaults(seed: number, names: readonly FaultName[]): Generator<Fault, void> {
  const random = new SeededRandom(seed)
  while (names.length > 0) {
    const site = random.pick(SITES)
    yield {
      name: random.pick(names),
      site,
      other: random.pick(SITES.filter(other => other !== site)),
      pauseMs: random.chance(CALM)
        ? random.between(LEAST_CALM_MS, MOST_CALM_MS)
        : random.between(LEAST_PAUSE_MS, MOST_PAUSE_MS),
      lastsMs: random.between(LEAST_MS, MOST_MS),
      aheadMs: Math.round(random.between(-MOST_CLOCK_MS, MOST_CLOCK_MS)),
    }
  }
}

/** Faults that were there, so that what clients saw can be explained by them. */
export class FaultBook {
  #spans: { readonly from: number; until: number | undefined }[] = []
  readonly said: string[] = []

  /** @returns what says that it is over */
  begin(text: string, now: number): () => void {
    const span: { from: number; until: number | undefined } = { from: now, until: undefined }
    // Of those that ended long ago no request is under way any more.
    this.#spans = [...this.#spans.filter(({ until = Infinity }) => until + FORGOTTEN_MS >= now), span]
    this.said.push(text)
    return () => (span.until = performance.now())
  }

  /** Whether a fault may have to do with what began and ended then. */
  explains(from: number, until: number): boolean {
    return this.#spans.some(span => span.from <= until && (span.until ?? Infinity) + EXPLAINS_MS >= from)
  }
}

/** One after the other, until the signal. What it has broken it has mended when it resolves. */
export async function makeTrouble(
  mesh: SoakMesh,
  faults: Iterable<Fault>,
  book: FaultBook,
  { signal, say }: { readonly signal: AbortSignal; readonly say: (line: string) => void },
): Promise<void> {
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal }).catch(() => undefined)
  for (const fault of faults) {
    await pause(fault.pauseMs)
    if (signal.aborted) return
    const { name, site, other, lastsMs, aheadMs } = fault
    const text = `${name} ${site}${name === 'cut' ? ` ${other}` : ''} for ${(lastsMs / 1_000).toFixed(1)} s${name === 'clock' ? `, ${String(aheadMs)} ms` : ''}`
    say(text)
    const over = book.begin(text, performance.now())
    await strike(mesh, fault, () => pause(lastsMs))
    over()
  }
}

async function strike(mesh: SoakMesh, fault: Fault, last: () => Promise<unknown>): Promise<void> {
  const { name, site, other, aheadMs } = fault
  switch (name) {
    case 'kill-agent':
    case 'end-agent':
    case 'clock':
      await mesh.endAgent(site, name === 'end-agent' ? 'SIGTERM' : 'SIGKILL')
      await last()
      return mesh.startAgent(site, name === 'clock' ? aheadMs : 0)
    case 'kill-application':
    case 'lose-application':
      await mesh.killApplication(site, { loses: name === 'lose-application' })
      await last()
      return mesh.startApplication(site)
    case 'suspend-agent':
    case 'suspend-application': {
      const what = name === 'suspend-agent' ? 'agent' : 'application'
      mesh.suspend(site, what, 'SIGSTOP')
      await last()
      return mesh.suspend(site, what, 'SIGCONT')
    }
    case 'cut':
      mesh.cut(site, other)
      await last()
      return mesh.joinAll()
    case 'cut-off':
      for (const each of SITES) if (each !== site) mesh.cut(site, each)
      await last()
      return mesh.joinAll()
  }
}
