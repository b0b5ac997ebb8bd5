import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from '../../sims/world/seeded-random.ts'
import type { ReplicantName } from '../../src/core/oplog/index.ts'
import type { ReplicantDetail } from '../../src/ports/replicant-info.ts'
import type { OperationBody } from '../../src/ports/replication-control.ts'
import { shownBy } from './judge.ts'
import { SITES } from './mesh.ts'
import type { SiteName, SoakMesh } from './mesh.ts'
import { drawSettling, pathOf, settle } from './operators.ts'
import type { Settling } from './operators.ts'
import { FIELDS } from './styles.ts'
import type { Style } from './styles.ts'

/** A run may have hundreds of them. */
const MOST = 40
/** A resource is the same everywhere again, and without conflicts. */
const SETTLED_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 250

/** What one application shows of one thing; undefined: it is not there. */
type Fields = Readonly<Record<string, unknown>> | undefined

/** When nothing goes wrong any more conflicts are settled one by one, each at any member. @returns what is not then as the operator has said */
export async function settleAll(mesh: SoakMesh, styles: readonly Style[], random: SeededRandom): Promise<string[]> {
  const wrong: string[] = []
  for (let number = 0; number < MOST; number++) {
    const settling = await drawSettling(mesh, random.pick(SITES), random)
    if (settling === undefined) break
    wrong.push(...(await settleOne(mesh, styles, settling)))
  }
  return wrong
}

async function settleOne(mesh: SoakMesh, styles: readonly Style[], settling: Settling): Promise<string[]> {
  const { conflict, how } = settling
  const { service, name } = conflict.replicant
  const style = styles.find(each => each.name === service)
  if (style === undefined) return [`${service} is no style`]
  const [before] = await shownEverywhere(mesh, style, name)
  const body = how === 'take' ? await bodyOf(mesh, settling) : undefined
  const { status, code, text } = await settle(mesh, settling)
  const told = `${how} ${conflict.type} of ${service}/${name} at ${settling.site}, ${conflict.operation}, ${conflict.why}`
  // What an application does not take, or what is not there any more, cannot be carried out again.
  const isRefused = code === 'ERR_CONFLICT_REFUSED' && how === 'take'
  if (status !== 200 && !isRefused)
    // One that fails, or is asynchronous, may be in doubt just then.
    return style.fails !== undefined || style.laterMs !== undefined
      ? []
      : [`${told}: ${String(status)} ${text.slice(0, 600)}`]
  // A failing one may have carried out what it has refused.
  if (isRefused && style.fails !== undefined) return []
  const expected = isRefused ? before : expectedOf(before, body, settling)
  const open = await untilSettled(mesh, style, settling, isRefused)
  if (open !== undefined) return [`${told}: ${open}`]
  const [after] = await shownEverywhere(mesh, style, name)
  return expected === 'anything' || textOf(after) === textOf(expected)
    ? []
    : [`${told}: it shows ${textOf(after).slice(0, 400)} in place of ${textOf(expected).slice(0, 400)}`]
}

function expectedOf(before: Fields, body: string | undefined, { conflict, how }: Settling): Fields | 'anything' {
  if (how === 'keep') return before
  if (body === undefined) return 'anything'
  const written = JSON.parse(body) as Record<string, unknown>
  const base = conflict.type === 'merge' ? before : {}
  return Object.fromEntries(FIELDS.map(field => [field, field in written ? written[field] : base?.[field]]))
}

/** @returns what is not done in time */
async function untilSettled(
  mesh: SoakMesh,
  style: Style,
  { conflict: { replicant } }: Settling,
  hasConflicts: boolean,
): Promise<string | undefined> {
  const end = performance.now() + SETTLED_WITHIN_MS
  for (;;) {
    const texts = (await shownEverywhere(mesh, style, replicant.name)).map(textOf)
    const details = await Promise.all(SITES.map(site => detailOf(mesh, site, replicant)))
    const open = details.filter(
      ({ state, conflicts, failing }) =>
        state !== 'agrees' || failing.length > 0 || (!hasConflicts && conflicts.length > 0),
    )
    if (new Set(texts).size === 1 && open.length === 0) return undefined
    if (performance.now() > end)
      return `after a minute ${texts.map(text => text.slice(0, 300)).join('; ')}; ${JSON.stringify(open).slice(0, 1_000)}`
    await sleep(LOOK_EVERY_MS)
  }
}

async function detailOf(mesh: SoakMesh, site: SiteName, { service, kind, name }: ReplicantName) {
  return (await mesh.admin(site, `/v1/replicants/${pathOf([service, kind, name])}`)) as ReplicantDetail
}

/** Undefined where it is too large to be shown, or nobody has it any more. */
async function bodyOf(mesh: SoakMesh, { site, conflict }: Settling): Promise<string | undefined> {
  const path = `/v1/operations/${pathOf(conflict.operation.split('/'))}/body`
  const shown = (await mesh.admin(site, path).catch(() => undefined)) as OperationBody | undefined
  return shown?.encoding === 'text' ? shown.body : undefined
}

async function shownEverywhere(mesh: SoakMesh, style: Style, name: string): Promise<Fields[]> {
  return Promise.all(SITES.map(async site => (await shownBy(mesh, site, style)).get(name)))
}

/** Fields that are null are not there. */
const textOf = (fields: Fields): string =>
  fields === undefined ? 'nothing' : JSON.stringify(FIELDS.map(field => fields[field] ?? null))
