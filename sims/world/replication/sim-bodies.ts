import { CheopsError } from '../../../src/errors.ts'
import { cheapHash } from '../cheap-hash.ts'
import type { Agent } from './agent.ts'
import type { BodySource } from '../../../src/ports/bodies.ts'

/** Small, so that a body of the simulation takes several. */
const PIECE_BYTES = 16 * 1024

/** Large bodies over the simulated network: each part takes its time, and a link that is cut ends them. */
export function simBodies(self: string, reach: (site: string) => Promise<Agent | undefined>): BodySource {
  return {
    pieceBytes: PIECE_BYTES,
    async *fetch(site, piece) {
      const chunks = await (await reached()).pieceFor(self, piece)
      if (chunks === undefined) throw new CheopsError('ERR_BODY_NOT_TOLD', `${site} does not give the body.`)
      for await (const chunk of chunks) {
        await reached()
        yield chunk
      }

      async function reached(): Promise<Agent> {
        const agent = await reach(site)
        if (agent === undefined) throw new CheopsError('ERR_SITE_UNREACHABLE', `${site} cannot be reached.`)
        return agent
      }
    },
  }
}

/** In the shape of a SHA-256, and cheap. */
export function simHash(bytes: Uint8Array): string {
  return cheapHash(bytes).repeat(4)
}
