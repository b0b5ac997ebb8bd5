import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import type { LocalMesh } from './local-mesh.ts'
import type { LocalSite } from './local-site.ts'

/** An agent answers from memory within milliseconds; one that is being missed must not hold the picture up. */
const LOOK_TIMEOUT_MS = 1_000

/** How the agent of one site sees another. */
export interface View {
  readonly to: string
  /** `alive`, `suspect` or `down`. */
  readonly liveness: string
  /** Why it is thought so, in a sentence. */
  readonly reason: string
  /** Milliseconds there and back, as its beats measure them. */
  readonly rttMs: number | undefined
}

export interface SiteLook {
  readonly name: string
  /** `down`: no process of it runs. `silent`: they run, but its agent does not answer. */
  readonly state: 'serving' | 'silent' | 'down'
  /** Requests of its own clients that ran there, that it sent elsewhere, and that others sent to it. */
  readonly requests: { readonly local: number; readonly forwarded: number; readonly received: number }
  readonly views: readonly View[]
  /** Nothing passes between it and the others. */
  readonly isCut: boolean
  /** What its inventory has, past Cheops, in the order of the names; each item without the name of the instance. */
  readonly items: readonly Readonly<Record<string, unknown>>[]
  /** Writes that have lost against others and that nobody has settled. */
  readonly conflicts: number
}

/** How every site is and sees the others now, by the admin API of its agent. */
export function look(mesh: LocalMesh): Promise<readonly SiteLook[]> {
  return Promise.all(
    mesh.sites.map(async (site): Promise<SiteLook> => {
      const { name } = site
      const isCut = mesh.isCut(name)
      try {
        const [status, sites, items] = await Promise.all([
          ask(site, '/v1/status'),
          ask(site, '/v1/sites'),
          itemsOf(site),
        ])
        const total = (kind: string): number => numberAt(status, ['requests', kind, 'total']) ?? 0
        return {
          name,
          state: 'serving',
          requests: { local: total('local'), forwarded: total('forwarded'), received: total('received') },
          views: (Array.isArray(sites) ? sites : []).map(viewOf).filter(({ to }) => to !== name),
          isCut,
          items,
          conflicts: numberAt(status, ['replication', 'conflicts']) ?? 0,
        }
      } catch {
        const requests = { local: 0, forwarded: 0, received: 0 }
        const state = site.running ? 'silent' : 'down'
        return { name, state, requests, views: [], isCut, items: [], conflicts: 0 }
      }
    }),
  )
}

function viewOf(site: unknown): View {
  const textAt = (key: string): string => {
    const found = at(site, [key])
    return typeof found === 'string' ? found : ''
  }
  return {
    to: textAt('name'),
    liveness: textAt('liveness'),
    reason: textAt('reason'),
    rttMs: numberAt(site, ['rttMs']),
  }
}

async function ask(site: LocalSite, path: string): Promise<unknown> {
  const token = (await readFile(site.adminTokenFile, 'utf8')).trim()
  return get(site.admin + path, { authorization: `Bearer ${token}` })
}

async function itemsOf({ inventoryUrl }: LocalSite): Promise<SiteLook['items']> {
  const items = inventoryUrl === undefined ? [] : await get(`${inventoryUrl}/items`, {})
  return (Array.isArray(items) ? (items as Readonly<Record<string, unknown>>[]) : [])
    .map(item => Object.fromEntries(Object.entries(item).filter(([name]) => name !== 'warehouse')))
    .toSorted((one, other) => String(one['id']).localeCompare(String(other['id'])))
}

function get(url: string, headers: Readonly<Record<string, string>>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request(url, { headers, signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) })
    call.on('error', reject)
    call.on('response', response => {
      if (response.statusCode === 200) json(response).then(resolve, reject)
      else reject(new Error(`${url} answered ${String(response.statusCode)}`))
    })
    call.end()
  })
}

/** A member deep in outside data, undefined where there is none. */
function at(value: unknown, keys: readonly string[]): unknown {
  let found = value
  for (const key of keys) {
    if (typeof found !== 'object' || found === null) return undefined
    found = Object.entries(found).find(([name]) => name === key)?.[1]
  }
  return found
}

function numberAt(value: unknown, keys: readonly string[]): number | undefined {
  const found = at(value, keys)
  return typeof found === 'number' ? found : undefined
}
