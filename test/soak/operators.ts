import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from '../../sims/world/seeded-random.ts'
import type { ConflictInfo } from '../../src/ports/replicant-info.ts'
import type { FaultBook } from './faults.ts'
import type { Thing } from './load.ts'
import { SITES } from './mesh.ts'
import type { SiteName, SoakMesh } from './mesh.ts'
import type { Write } from './model.ts'
import { FIELDS } from './styles.ts'

/** From one conflict that an operator settles to the next, on the average. */
const SETTLE_MS = 4_000
/** Of the conflicts of a site one of the first so many is chosen. */
const LOOKED_THROUGH = 200
/** What was asked had no effect, for sure. */
const WITHOUT_EFFECT = [
  'ERR_CONFLICT_NOT_FOUND',
  'ERR_REPLICANT_NOT_FOUND',
  'ERR_REPLICANT_LOCKED',
  'ERR_REPLICANT_BUSY',
]

export interface Settling {
  readonly site: SiteName
  readonly conflict: ConflictInfo
  readonly how: 'keep' | 'take'
}

/** Chooses one of the conflicts that a site lists. @throws Error when its agent does not say them */
export async function drawSettling(
  mesh: SoakMesh,
  site: SiteName,
  random: SeededRandom,
): Promise<Settling | undefined> {
  const { items } = (await mesh.admin(site, `/v1/conflicts?limit=${String(LOOKED_THROUGH)}`)) as {
    readonly items: readonly ConflictInfo[]
  }
  const how = random.chance(0.5) ? 'keep' : 'take'
  return items.length === 0 ? undefined : { site, conflict: random.pick(items), how }
}

/** As `cheops conflict resolve` does it. */
export async function settle(
  mesh: SoakMesh,
  { site, conflict, how }: Settling,
): Promise<{ status: number; code: string; text: string }> {
  const { service, kind, name } = conflict.replicant
  const query = new URLSearchParams({ how, ...(how === 'take' && { write: conflict.operation }) })
  return mesh.adminPost(site, `/v1/replicants/${pathOf([service, kind, name])}/resolve?${query.toString()}`)
}

export const pathOf = (parts: readonly string[]): string => parts.map(encodeURIComponent).join('/')

/** Operators who settle conflicts one by one, while clients write and all goes wrong. */
export class Operators {
  /** How they were answered. */
  readonly counts = new Map<string, number>()
  readonly findings: string[] = []
  readonly #mesh: SoakMesh
  readonly #book: FaultBook
  readonly #things: readonly Thing[]

  constructor(mesh: SoakMesh, book: FaultBook, things: readonly Thing[]) {
    this.#mesh = mesh
    this.#book = book
    this.#things = things
  }

  async run(random: SeededRandom, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(random.uniform() * 2 * SETTLE_MS, undefined, { signal }).catch(() => undefined)
      const up = SITES.filter(site => this.#mesh.isUp(site))
      if (signal.aborted || up.length === 0) continue
      // Who is suspended says nothing.
      const drawn = await drawSettling(this.#mesh, random.pick(up), random).catch(() => undefined)
      const thing = drawn && this.#thingOf(drawn.conflict)
      if (drawn !== undefined && thing !== undefined) await this.#settle(thing, drawn)
    }
  }

  #thingOf({ replicant: { service, name } }: ConflictInfo): Thing | undefined {
    return this.#things.find(({ style, id }) => style.name === service && id === name)
  }

  async #settle(thing: Thing, settling: Settling): Promise<void> {
    const { site, how } = settling
    const sentAt = performance.now()
    const fields = Object.fromEntries(FIELDS.map(field => [field, null]))
    const write: Write = { kind: how, site, sentAt, fields, doneAt: undefined }
    thing.model.add(write)
    const { status, code, text } = await settle(this.#mesh, settling)
    const label = `${how} ${String(status)}${code === '' ? '' : ` ${code}`}`
    this.counts.set(label, (this.counts.get(label) ?? 0) + 1)
    if (status === 200) write.doneAt = performance.now()
    else if (WITHOUT_EFFECT.includes(code)) thing.model.drop(write)
    const isFault = status === 0 || status >= 500
    if (isFault && !this.#book.explains(sentAt, performance.now()))
      this.findings.push(`operator: ${JSON.stringify(settling)}: ${String(status)} ${text.slice(0, 600)}`)
  }
}
