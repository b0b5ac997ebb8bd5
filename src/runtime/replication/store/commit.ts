import { encodeSealed } from './records.ts'
import { pathOf } from './replica-keys.ts'
import { operationKey, type Before } from './replica-records.ts'
import type { OutboxRecord } from './outbox-record.ts'
import type { CoreState, LocalState, Replica } from '../replica.ts'
import type { Dot, Operation, ReplicantName } from '../../../core/oplog/index.ts'
import type { StoreWrite } from '../../../ports/store.ts'
import type { SealedOperation } from '../../../ports/sync.ts'

/** What one commit writes; collected and given to the store in one turn of the event loop. */
export class Commit {
  readonly writes: StoreWrite[] = []
  readonly outbox: (readonly [site: string, record: OutboxRecord])[] = []
  /** Sites of which there is an outbox from then on, though nothing may be told. */
  readonly begun = new Set<string>()
  /** What lanes have to do, by the path of the replicant. */
  readonly due = new Map<string, { readonly name: ReplicantName; readonly isDue: boolean }>()
  /** Operations that it writes or forgets, by their keys. */
  readonly operations: (readonly [key: string, sealed: SealedOperation | undefined])[] = []
  readonly #afterwards: (() => void)[] = []
  readonly #undos: (() => void)[] = []
  /** What replicants were before. */
  readonly before = new Map<Replica, Before & Pick<Replica, 'draftBytes'>>()

  /** What stays as it was is not written again. */
  local(replica: Replica, change: Partial<LocalState>): void {
    this.#remember(replica)
    replica.local = { ...replica.local, ...change }
    // Its lane has to go on with that after a start too, whatever has led to it: nothing else reads it as long as that is so.
    const isHeld = change.suspect === true || change.replaying === true
    if (isHeld) this.due.set(pathOf(replica.name), { name: replica.name, isDue: true })
  }

  core(replica: Replica, change: Partial<CoreState>): void {
    this.#remember(replica)
    Object.assign(replica.core, change)
  }

  putOperation(replica: Replica, dot: Dot, sealed: SealedOperation): void {
    const key = operationKey(replica.prefix, dot)
    this.writes.push({ kind: 'put', key, value: encodeSealed(sealed) })
    this.operations.push([key, sealed])
  }

  deleteOperation(replica: Replica, dot: Dot): void {
    const key = operationKey(replica.prefix, dot)
    this.writes.push({ kind: 'delete', key })
    this.operations.push([key, undefined])
  }

  /** The local write that is under way, or none any more. */
  draft(replica: Replica, operation: Operation | undefined, bytes: Uint8Array | undefined): void {
    this.#remember(replica)
    replica.draft = operation
    replica.draftBytes = bytes
  }

  tell(site: string, record: OutboxRecord): void {
    this.outbox.push([site, record])
  }

  /** From then on there is an outbox to a site. */
  begin(site: string): void {
    this.begun.add(site)
  }

  /** Is called when all of it is on disk. */
  afterwards(effect: () => void): void {
    this.#afterwards.push(effect)
  }

  /** Is called when nothing of it is written: something else in memory was changed with it. */
  onUndo(undo: () => void): void {
    this.#undos.push(undo)
  }

  /**
   * It is on disk, whatever goes wrong with what follows from it.
   * @param onFault is told of each that does
   * @internal
   */
  done(onFault: (error: unknown) => void): void {
    for (const effect of this.#afterwards)
      try {
        effect()
      } catch (error) {
        onFault(error)
      }
  }

  /**
   * Nothing of it is written: in memory all is as it was.
   * @internal
   */
  undo(): void {
    for (const [replica, { core, ...others }] of this.before) {
      Object.assign(replica.core, core)
      Object.assign(replica, others)
    }
    for (const undo of this.#undos.toReversed()) undo()
  }

  #remember(replica: Replica): void {
    if (this.before.has(replica)) return
    const { core, local, draft, draftBytes, isOld } = replica
    this.before.set(replica, { core: { ...core }, local, draft, draftBytes, isOld })
  }
}
