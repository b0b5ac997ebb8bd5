import { CheopsError } from '../errors.ts'
import type { Exchange } from '../ports/exchange.ts'
import type { Description } from '../ports/glue.ts'
import { MAX_HELD_BODIES, MAX_HELD_BODY_BYTES } from './replication/limits.ts'

/** Bodies beyond the inline bound that must be looked into before it is known what they do: a few at a time, each bounded. */
export class HeldBodies {
  #count = 0

  /**
   * Reads the body of a request, and holds it until `use` is done.
   * @throws CheopsError ERR_REQUEST_BODY_TOO_LARGE, ERR_REPLICANT_BUSY; what reading and `use` throw
   */
  async with<T>(exchange: Exchange, byPath: Description, use: (body: Uint8Array) => Promise<T>): Promise<T> {
    if (this.#count >= MAX_HELD_BODIES)
      throw new CheopsError('ERR_REPLICANT_BUSY', 'Too many requests with large bodies are under way already.')
    this.#count++
    try {
      return await use(await read(exchange, byPath))
    } finally {
      this.#count--
    }
  }
}

async function read(exchange: Exchange, byPath: Description): Promise<Uint8Array> {
  try {
    return await exchange.readBody(MAX_HELD_BODY_BYTES)
  } catch (error) {
    if (!(error instanceof CheopsError) || error.code !== 'ERR_REQUEST_BODY_TOO_LARGE') throw error
    const bound = `${MAX_HELD_BODY_BYTES / 1024 / 1024} MiB`
    const message = `This request must be held as a whole, and is up to ${bound}: ${adviceOf(byPath)}.`
    throw new CheopsError('ERR_REQUEST_BODY_TOO_LARGE', message, {}, { cause: error })
  }
}

function adviceOf(byPath: Description): string {
  if (byPath.is !== 'operation')
    return "what it creates stands in its body. Create it with a small one, then PUT the large one to the resource's own path"
  if (byPath.type === 'replace')
    return 'at level none it goes to all members at once. At level eventual it may be larger'
  return 'what it changes stands in its body. Send it in smaller parts, or PUT the whole resource, which may be larger'
}
