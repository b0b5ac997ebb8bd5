import { setTimeout as sleep } from 'node:timers/promises'
import { isOutsiders, request, parse } from './load.ts'
import type { Thing } from './load.ts'
import { SITES } from './mesh.ts'
import type { SiteName, SoakMesh } from './mesh.ts'
import { FIELDS } from './styles.ts'
import type { Style } from './styles.ts'

/** What one application shows, by name: the fields that are compared, sorted. */
export type Shown = ReadonlyMap<string, Readonly<Record<string, unknown>>>

/** Until all members have the same and nothing is left to do: some of what is in doubt is waited for a minute. */
const AGREE_WITHIN_MS = 180_000
const LOOK_EVERY_MS = 2_000
/** Of each style, so many are written once more at each member. */
const PROBED = 6
const KEPT = 12

/** Waits until all is done. @returns what is not then */
export async function untilAgreed(
  mesh: SoakMesh,
  styles: readonly Style[],
  say: (line: string) => void,
): Promise<string[]> {
  const end = performance.now() + AGREE_WITHIN_MS
  for (let turn = 0; ; turn++) {
    const open = await disagreements(mesh, styles).catch((error: unknown) => [`nobody can say: ${String(error)}`])
    if (open.length === 0) return []
    if (performance.now() > end) return open
    if (turn % 5 === 0) say(`not yet the same: ${String(open.length)}, ${(open[0] ?? '').slice(0, 300)}`)
    await sleep(LOOK_EVERY_MS)
  }
}

async function disagreements(mesh: SoakMesh, styles: readonly Style[]): Promise<string[]> {
  const open: string[] = []
  for (const style of styles) {
    const shown = await Promise.all(SITES.map(site => shownBy(mesh, site, style)))
    const ids = new Set(shown.flatMap(each => [...each.keys()]))
    for (const id of ids) {
      const texts = shown.map(each => JSON.stringify(each.get(id) ?? null))
      if (new Set(texts).size > 1)
        open.push(
          `${style.name}/${id} differs: ${SITES.map((site, place) => `${site} ${(texts[place] ?? '').slice(0, 300)}`).join('; ')}`,
        )
    }
  }
  for (const site of SITES) {
    for (const { service, name, state, reason, failing, members } of await mesh.replicants(site)) {
      if (state !== 'agrees') open.push(`${service}/${name} is ${state} at ${site}: ${reason ?? ''}`)
      if (failing.length > 0) open.push(`${service}/${name} of ${site} fails: ${JSON.stringify(failing)}`)
      if (members.length !== SITES.length) open.push(`${service}/${name} at ${site} has the members ${members.join()}`)
    }
  }
  return open
}

/** What must be there is, what must not is not, and each can be written. @returns what is wrong */
export async function judge(mesh: SoakMesh, styles: readonly Style[], things: readonly Thing[]): Promise<string[]> {
  const wrong: string[] = []
  for (const style of styles) {
    const own = things.filter(thing => thing.style === style)
    for (const site of SITES) {
      const shown = await shownBy(mesh, site, style)
      for (const { id, model, changedPastCheopsAt } of own) {
        const found = shown.get(id)
        const presence = model.presence()
        if (presence === 'yes' && found === undefined)
          wrong.push(`${style.name}/${id} is lost at ${site}; ${told(model.writes)}`)
        if (presence === 'no' && found !== undefined)
          wrong.push(`${style.name}/${id} is there again at ${site}; ${told(model.writes)}`)
        if (found === undefined) continue
        for (const { field, found: value, possible } of model.wrongs(found)) {
          // Where all members were changed past Cheops, what one shows holds too.
          if (changedPastCheopsAt.size === SITES.length && isOutsiders(value)) continue
          wrong.push(
            `${style.name}/${id} at ${site} shows ${field}: ${short(value)}, and may show ${possible.map(short).join(' or ')}; ${told(model.writes)}`,
          )
        }
      }
      const names = new Set(own.map(({ id }) => id))
      for (const id of shown.keys()) if (!names.has(id)) wrong.push(`${style.name}/${id} at ${site}: nobody made it`)
    }
  }
  if (wrong.length > 0) return wrong
  const probed = styles.map(style =>
    probe(
      mesh,
      style,
      things.filter(thing => thing.style === style),
    ),
  )
  return (await Promise.all(probed)).flat()
}

async function probe(mesh: SoakMesh, style: Style, own: readonly Thing[]): Promise<string[]> {
  const wrong: string[] = []
  const there = await shownBy(mesh, 'site1', style)
  for (const { id } of own.filter(thing => there.has(thing.id)).slice(0, PROBED)) {
    for (const site of SITES) {
      for (let tries = style.fails === undefined ? 1 : 30; tries > 0; tries--) {
        const target = `/things/${encodeURIComponent(id)}`
        const shown =
          style.strict === true ? await request(mesh.ingress(site, style.name), { method: 'GET', target }) : undefined
        const etag = shown?.headers.get('etag')
        const { status, text } = await request(mesh.ingress(site, style.name), {
          method: 'PATCH',
          target,
          body: { [FIELDS[0]]: `${id}|probe-${site}` },
          headers: { prefer: 'wait=10', ...(typeof etag === 'string' && { 'if-match': etag }) },
        })
        if (status < 300) break
        if (tries > 1) await sleep(1_000)
        else
          wrong.push(
            `${style.name}/${id} cannot be changed at ${site} though nothing is wrong: ${String(status)} ${text.slice(0, 400)}`,
          )
      }
    }
  }
  return wrong
}

/** Log lines that say that something is wrong with the agent itself. */
export async function loggedErrors(mesh: SoakMesh): Promise<{ errors: string[]; warnings: Map<string, number> }> {
  const errors: string[] = []
  const warnings = new Map<string, number>()
  for (const site of SITES) {
    for (const line of (await mesh.log(site)).split('\n')) {
      // What `cheops up` prints for people.
      if (line === '' || line === 'stopping' || line.startsWith(`site ${site} of mesh `) || line.startsWith('  '))
        continue
      const { level, msg } = parse(line)
      if (level === 'warn' || level === 40) warnings.set(String(msg), (warnings.get(String(msg)) ?? 0) + 1)
      else if (errors.length < KEPT) errors.push(`${site} logs: ${line.slice(0, 600)}`)
    }
  }
  return { errors, warnings }
}

/** @throws Error where the application does not say it */
export async function shownBy(mesh: SoakMesh, site: SiteName, style: Style): Promise<Shown> {
  const answer = await request(mesh.pastCheops(site, style.name), {
    method: 'GET',
    target: '/things',
    headers: { 'x-past-cheops': '1' },
  })
  if (answer.status !== 200) throw new Error(`the application of ${site} answers ${answer.label}`)
  const all = JSON.parse(answer.text) as readonly Readonly<Record<string, unknown>>[]
  return new Map(
    all.map(thing => [String(thing['id']), Object.fromEntries(FIELDS.map(field => [field, thing[field]]))]),
  )
}

const short = (value: string | undefined): string => (value === undefined ? 'nothing' : value.slice(0, 40))

function told(writes: Thing['model']['writes']): string {
  return writes
    .map(
      ({ kind, site, sentAt, doneAt, fields }) =>
        `${kind} at ${site} ${sentAt.toFixed(0)}-${doneAt?.toFixed(0) ?? '?'} ${JSON.stringify(Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, value?.slice(0, 24) ?? null])))}`,
    )
    .join(', ')
}
