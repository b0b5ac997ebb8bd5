import { compareIncarnations, isIncarnation } from '../../../core/membership/incarnation.ts'
import { encodeJson } from '../store/encode-json.ts'
import type { Dot } from '../../../core/oplog/index.ts'
import type { ReplicationOptions } from '../context.ts'
import type { StoreWrite } from '../../../ports/store.ts'

/** Since which run a site signs with a key. */
interface KeyRun {
  readonly key: string
  readonly since: string
}

const PREFIX = 'replication/key/'

/**
 * From which of its runs on a site signs with the key by which it is known here: that in which it first said with this key what run it is in. What it
 * wrote earlier may have been signed with a key that it has lost since; of what it writes from then on, what that key has not signed is forged.
 *
 * Keys in the store: `replication/key/<site>` → JSON.
 */
export class KeyRuns {
  readonly #options: Pick<ReplicationOptions, 'keyOf' | 'site' | 'incarnation' | 'store'>
  readonly #runs = new Map<string, KeyRun>()

  constructor(options: Pick<ReplicationOptions, 'keyOf' | 'site' | 'incarnation' | 'store'>) {
    this.#options = options
  }

  /**
   * Reads what earlier runs have noted; this run is the first of this site's own key, unless one of them was.
   * @throws CheopsError ERR_STORE_FAILED
   */
  async open(): Promise<void> {
    const { store, site, incarnation } = this.#options
    for await (const [key, value] of store.iterate({ prefix: PREFIX })) {
      const run = runIn(value)
      // What cannot be read is noted anew: until then less is known, and nothing more is believed than of a site that was just met.
      if (run !== undefined) this.#runs.set(decodeURIComponent(key.slice(PREFIX.length)), run)
    }
    this.heard(site, incarnation)
  }

  /** A site has said over its own connection which run it is in. */
  heard(site: string, incarnation: string): void {
    const key = this.#options.keyOf?.(site)
    if (key === undefined || this.#runs.get(site)?.key === key) return
    const run: KeyRun = { key, since: incarnation }
    this.#runs.set(site, run)
    this.#write({ kind: 'put', key: recordOf(site), value: encodeJson({ version: 1, ...run }) })
  }

  /** A site was forgotten, and which key its name belongs to. */
  forgotten(site: string): void {
    if (this.#runs.delete(site)) this.#write({ kind: 'delete', key: recordOf(site) })
  }

  /** Whether an operation may have been signed with another key of its site than the one that is known here. */
  mayBeOfBefore({ site, incarnation }: Pick<Dot, 'site' | 'incarnation'>): boolean {
    const { keyOf: known, site: own, incarnation: present } = this.#options
    if (known === undefined) return false
    // A store that was lost has had it, with a clock that was ahead of this one: nobody writes in a run that is still to come.
    if (site === own && compareIncarnations(incarnation, present) > 0) return true
    const run = this.#runs.get(site)
    return run === undefined || run.key !== known(site) || compareIncarnations(incarnation, run.since) < 0
  }

  /** What is lost of it is noted by a later run, as from that on. */
  #write(write: StoreWrite): void {
    const { store } = this.#options
    if (!store.isFull) store.commit([write]).catch(() => undefined)
  }
}

function recordOf(site: string): string {
  return `${PREFIX}${encodeURIComponent(site)}`
}

function runIn(value: Uint8Array): KeyRun | undefined {
  try {
    const { key, since } = JSON.parse(new TextDecoder().decode(value)) as Partial<KeyRun>
    return typeof key === 'string' && typeof since === 'string' && isIncarnation(since) ? { key, since } : undefined
  } catch {
    return undefined
  }
}
