import { CheopsError } from '../errors.ts'
import type { Exchange } from '../ports/exchange.ts'
import type { Description } from '../ports/replication-glue.ts'
import { MAX_HELD_BODIES, MAX_HELD_BODY_BYTES } from './replication/limits.ts'

/**
 * Places for requests whose bodies are read here. Whoever holds as many as are free gets no more: so one client comes to half of them,
 * two to a third each, and there is always one for somebody else.
 */
export class BodyPlaces {
  readonly #places: number
  readonly #taken = new Map<string, number>()
  #count = 0

  constructor(places: number) {
    this.#places = places
  }

  /**
   * Holds a place until `use` is done.
   * @param client who asks
   * @throws CheopsError ERR_REPLICANT_BUSY; what `use` throws
   */
  async with<T>(client: string, use: () => Promise<T>): Promise<T> {
    const taken = this.#taken.get(client) ?? 0
    if (taken >= this.#places - this.#count)
      throw new CheopsError('ERR_REPLICANT_BUSY', 'Too many requests with large bodies are under way already.')
    this.#taken.set(client, taken + 1)
    this.#count++
    try {
      return await use()
    } finally {
      this.#count--
      const left = (this.#taken.get(client) ?? 1) - 1
      if (left > 0) this.#taken.set(client, left)
      else this.#taken.delete(client)
    }
  }
}

/** Bodies beyond the inline bound that must be looked into before it is known what they do: a few at a time, each bounded. */
export class HeldBodies {
  readonly #places = new BodyPlaces(MAX_HELD_BODIES)

  /**
   * Reads the body of a request, and holds it until `use` is done.
   * @throws CheopsError ERR_REQUEST_BODY_TOO_LARGE, ERR_REPLICANT_BUSY; what reading and `use` throw
   */
  async with<T>(exchange: Exchange, byPath: Description, use: (body: Uint8Array) => Promise<T>): Promise<T> {
    return this.#places.with(exchange.client, async () => use(await read(exchange, byPath)))
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
