import { CheopsError } from '../../../src/errors.ts'
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

/** In the shape of a SHA-256, and cheap: FNV-1a in two halves. It has no enemies here. */
export function simHash(bytes: Uint8Array): string {
  let [a, b] = [0x811c9dc5, 0x01000193]
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193) >>> 0
    b = Math.imul(b ^ byte, 0x85ebca6b) >>> 0
  }
  const half = (number: number): string => number.toString(16).padStart(8, '0')
  return `${half(a)}${half(b)}`.repeat(4)
}
