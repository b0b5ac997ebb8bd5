import { send } from './client.ts'
import type { LocalMesh } from './local-mesh.ts'

/** A healthy site of this machine answers within milliseconds; one that is being missed must not hold the picture up. */
const LOOK_TIMEOUT_MS = 1_000

/** How one site sees another: by a real request through both agents. */
export interface View {
  readonly to: string
  /** Milliseconds there and back; undefined when no answer came from that site. */
  readonly ms: number | undefined
}

export interface SiteLook {
  readonly name: string
  /** `down`: no process of it runs. `silent`: they run, but its own agent does not answer. */
  readonly state: 'serving' | 'silent' | 'down'
  readonly views: readonly View[]
}

/** How every site is, and how it sees the others, now. */
export function look(mesh: LocalMesh): Promise<readonly SiteLook[]> {
  return Promise.all(
    mesh.sites.map(async (site): Promise<SiteLook> => {
      const { name } = site
      const own = await answerTime(mesh, name, name)
      if (own === undefined) return { name, state: site.running ? 'silent' : 'down', views: [] }
      const others = mesh.sites.filter(other => other !== site)
      const views = others.map(async ({ name: to }): Promise<View> => ({ to, ms: await answerTime(mesh, name, to) }))
      return { name, state: 'serving', views: await Promise.all(views) }
    }),
  )
}

async function answerTime(mesh: LocalMesh, at: string, scope: string): Promise<number | undefined> {
  const begin = performance.now()
  try {
    const ask = { at, service: 'inventory', method: 'GET', path: '/healthz', scope } as const
    const { status } = await send(mesh.url(at, 'inventory'), ask, LOOK_TIMEOUT_MS)
    return status === 200 ? performance.now() - begin : undefined
  } catch {
    return undefined
  }
}
