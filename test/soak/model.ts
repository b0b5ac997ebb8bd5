import { FIELDS } from './styles.ts'

/** A write to one thing, as who has sent it knows it: a client, or an operator who has settled its conflicts. */
export interface Write {
  /** `keep`: an operator says that it is what it is at that site; `take`: that it is what somebody wrote that has lost. */
  readonly kind: 'create' | 'replace' | 'merge' | 'delete' | 'keep' | 'take'
  readonly site: string
  /** When it was sent first; by one monotonic clock. */
  readonly sentAt: number
  /** What it says of each field; null takes it away. */
  readonly fields: Readonly<Record<string, string | null>>
  /** When it was answered with success; undefined: nobody knows what became of it. */
  doneAt: number | undefined
}

/** Whether something is there: `maybe` where both are right. */
export type Presence = 'yes' | 'no' | 'maybe'

/** A field's value that nobody may see, and what could be seen. */
export interface Wrong {
  readonly field: string
  readonly found: string | undefined
  readonly possible: readonly (string | undefined)[]
}

/**
 * What a thing may be in the end, given what clients were answered. A write that was refused is none. Last one wins among writes of the whole; what
 * was merged counts on top of a whole that has not seen it; who deletes ends it. Where clients cannot know the order of two writes, both are right.
 */
export class ThingModel {
  readonly #writes: Write[] = []
  readonly #putCreates: boolean
  readonly #clocksDiffer: boolean

  /** @param clocksDiffer of the sites, so that of writes at two sites nobody knows the order */
  constructor(options: { readonly putCreates: boolean; readonly clocksDiffer: boolean }) {
    this.#putCreates = options.putCreates
    this.#clocksDiffer = options.clocksDiffer
  }

  /** It is about to be sent. */
  add(write: Write): void {
    this.#writes.push(write)
  }

  /** It had no effect, for sure. */
  drop(write: Write): void {
    const place = this.#writes.indexOf(write)
    if (place >= 0) this.#writes.splice(place, 1)
  }

  get writes(): readonly Write[] {
    return this.#writes
  }

  /** Writes that cannot have a say any more are left out, so that a long run needs no more memory than a short one. */
  prune(): void {
    const kept = this.#writes.filter(
      write =>
        !['merge', 'replace', 'keep'].includes(write.kind) ||
        Object.keys(this.#touched(write)).some(field => !this.#isSuperseded(write, field)),
    )
    this.#writes.splice(0, this.#writes.length, ...kept)
  }

  /** What was taken and answered before the first deletion was sent is from no life before that, where there is one life alone. */
  #mayBeginLife({ kind, doneAt }: Write, deletes: readonly Write[]): boolean {
    if (kind !== 'take') return false
    return this.#hasLives() || doneAt === undefined || deletes.some(({ sentAt }) => sentAt < doneAt)
  }

  presence(): Presence {
    const creates = this.#writes.filter(({ kind }) => kind === 'create')
    const replaces = this.#putCreates ? this.#writes.filter(({ kind }) => kind === 'replace') : []
    const creators = [...creates, ...replaces]
    const deletes = this.#writes.filter(({ kind }) => kind === 'delete')
    if (creators.length === 0) return 'no'
    // What is taken may be from before a deletion, and begins a life.
    if (deletes.length > 0 && this.#writes.some(write => this.#mayBeginLife(write, deletes))) return 'maybe'
    if (deletes.length === 0) return creators.some(({ doneAt }) => doneAt !== undefined) ? 'yes' : 'maybe'
    const done = deletes.filter(({ doneAt }) => doneAt !== undefined)
    // Who has deleted may have known of one life of several only.
    if (done.length === 0 || creates.length > 1) return 'maybe'
    return replaces.every(replace => done.some(each => this.#isBefore(replace, each))) ? 'no' : 'maybe'
  }

  /** @param found what is shown, undefined where nothing is */
  wrongs(found: Readonly<Record<string, unknown>>): Wrong[] {
    return FIELDS.flatMap(field => {
      if (this.#isOperators(field)) return []
      const value = found[field]
      const possible = this.#possible(field)
      return possible.includes(value as string | undefined)
        ? []
        : [{ field, found: value as string | undefined, possible }]
    })
  }

  /** What an operator has said of a field, who may not have known what clients do, and nothing that came later says it anew. */
  #isOperators(field: string): boolean {
    const said = this.#writes.filter(({ kind }) => kind === 'keep' || kind === 'take')
    return said.some(write => this.#hasLives() || !this.#isSuperseded(write, field))
  }

  #possible(field: string): (string | undefined)[] {
    const touching = this.#writes.filter(
      write => write.kind !== 'keep' && write.kind !== 'take' && field in this.#touched(write),
    )
    const kept = this.#hasLives() ? touching : touching.filter(write => !this.#isSuperseded(write, field))
    return [...new Set(kept.map(write => this.#touched(write)[field] ?? undefined))]
  }

  /** It was created more than once: of what was written to which of its lives clients know nothing. */
  #hasLives(): boolean {
    if (this.#writes.filter(({ kind }) => kind === 'create').length > 1) return true
    return this.#putCreates && this.#writes.some(({ kind }) => kind === 'delete')
  }

  /** What a write says of each field that it says something of. */
  #touched({ kind, fields }: Write): Readonly<Record<string, string | null>> {
    return kind === 'merge' ? fields : { ...Object.fromEntries(FIELDS.map(field => [field, null])), ...fields }
  }

  /** One comes after the other in the order that all sites agree on. */
  #isBefore(one: Write, other: Write): boolean {
    if (one.doneAt === undefined || one.doneAt >= other.sentAt) return false
    return !this.#clocksDiffer || one.site === other.site
  }

  #hasSeen(reset: Write, other: Write): boolean {
    return reset.site === other.site && this.#isBefore(other, reset)
  }

  #isSuperseded(write: Write, field: string): boolean {
    return this.#writes.some(later => {
      if (later.doneAt === undefined || !(field in this.#touched(later)) || !this.#isBefore(write, later)) return false
      // Whether it has said anything of the life that is there its operator does not know.
      if (later.kind === 'keep' || later.kind === 'take') return false
      if (write.kind !== 'merge') return true
      if (later.kind !== 'merge') return this.#hasSeen(later, write)
      // A whole that has seen the later one, and not this, takes the later one away and leaves this.
      return !this.#writes.some(
        reset =>
          reset.kind !== 'merge' &&
          reset !== later &&
          (reset.doneAt === undefined || reset.doneAt > later.sentAt) &&
          !this.#hasSeen(reset, write),
      )
    })
  }
}
