import { MAX_DUE_MARKS, MAX_SETTLED_MARKS, SETTLED_MARKS_MS } from '../limits.ts'
import type { Clock, TimerHandle } from '../../../ports/clock.ts'
import type { Store, StoreWrite } from '../../../ports/store.ts'
import type { ReplicantName } from '../../../core/oplog/index.ts'

const DUE = 'replication/due/'

/**
 * The marks on disk that say that a lane has something to do after a start. One that is there already is not written again, and one
 * that is no longer needed goes later, together with others: a start that looks once too often does no harm.
 */
export class DueMarks {
  readonly #store: Store
  readonly #clock: Clock
  /** Commits what is collected when there is room on the disk. */
  readonly #commit: (collect: () => readonly StoreWrite[]) => Promise<void>
  /** Known to be on disk, or on their way there. Others may be too. */
  readonly #marked = new Set<string>()
  /** Marked, and no longer due. */
  readonly #settled = new Set<string>()
  /** Those that are on disk are in `#marked`, all of them: read at the start, and none was too many. */
  #knowsAll = false
  #hasForgotten = false
  #timer: TimerHandle | undefined

  constructor(store: Store, clock: Clock, commit: (collect: () => readonly StoreWrite[]) => Promise<void>) {
    this.#store = store
    this.#clock = clock
    this.#commit = commit
  }

  /**
   * What a commit has to write so that a replicant is due after a start, if it is not there; the commit is given in the same turn.
   * @param path service, kind and name as keys have them
   */
  mark(path: string, name: ReplicantName): readonly StoreWrite[] {
    this.#settled.delete(path)
    if (this.#marked.has(path)) return []
    this.#remember(path)
    return [{ kind: 'put', key: DUE + path, value: new TextEncoder().encode(JSON.stringify(name)) }]
  }

  /** It is due no more. */
  settle(path: string): void {
    if (!this.#marked.has(path) && this.#marked.size < MAX_DUE_MARKS) return
    this.#settled.add(path)
    if (this.#settled.size >= MAX_SETTLED_MARKS) this.#flush()
    else this.#timer ??= this.#clock.after(SETTLED_MARKS_MS, () => this.#flush())
  }

  /** Whether the mark is on disk: something may not have been told or done before the agent ended. */
  async isMarked(path: string): Promise<boolean> {
    if (this.#knowsAll) return this.#marked.has(path)
    return (await this.#store.get(DUE + path)) !== undefined
  }

  async *all(): AsyncGenerator<ReplicantName> {
    for await (const [key, value] of this.#store.iterate({ prefix: DUE })) {
      this.#remember(key.slice(DUE.length))
      yield JSON.parse(new TextDecoder().decode(value)) as ReplicantName
    }
    this.#knowsAll = !this.#hasForgotten
  }

  #remember(path: string): void {
    if (this.#marked.size < MAX_DUE_MARKS) this.#marked.add(path)
    else {
      this.#hasForgotten = true
      this.#knowsAll = false
    }
  }

  #flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    // A store that takes no more has told so itself, and a mark that stays does no harm.
    this.#commit(() => this.#takeSettled()).catch(() => undefined)
  }

  #takeSettled(): readonly StoreWrite[] {
    const paths = [...this.#settled]
    this.#settled.clear()
    for (const path of paths) this.#marked.delete(path)
    return paths.map(path => ({ kind: 'delete', key: DUE + path }))
  }
}
