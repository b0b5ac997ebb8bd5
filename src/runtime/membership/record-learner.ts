import { TokenBuckets } from './token-buckets.ts'
import type { SignedRecord, SiteRecord } from '../../core/membership/record.ts'
import type { RecordVerdict, SiteEntry } from '../../core/membership/site-table.ts'
import type { MeshContext } from './options.ts'
import type { OwnRecordKeeper } from './own-record-keeper.ts'
import type { PeerProblem } from './problems.ts'
import type { SiteBook } from './site-book.ts'

/** Refused records that are told as changes, of all together: names cost nothing to invent. */
const REFUSALS_TOLD = { burst: 16, perSecond: 0.1, maxKeys: 1 }

/** Takes the records of sites, wherever they come from: what the core says of them is stored, told, or answered. */
export class RecordLearner {
  readonly #mesh: MeshContext
  readonly #book: SiteBook
  readonly #own: OwnRecordKeeper
  readonly #refusals = new TokenBuckets(REFUSALS_TOLD)

  constructor(mesh: MeshContext, book: SiteBook, own: OwnRecordKeeper) {
    this.#mesh = mesh
    this.#book = book
    this.#own = own
  }

  /**
   * Takes a record, and stores it if it is news of a site that was met.
   * @param introducer undefined for a record that the site itself has shown over its connection
   */
  learn(signed: SignedRecord, introducer?: string): RecordVerdict {
    const { view } = this.#mesh
    const { site } = signed.record
    const wasMet = isMet(view.entry(site))
    const verdict = view.takeRecord(signed, introducer)
    if (introducer === undefined && verdict.kind !== 'refused') view.meet(site)
    const isNews = verdict.kind === 'new' || verdict.kind === 'newer'
    const entry = view.entry(site)
    if (entry !== undefined && isMet(entry) && (isNews || !wasMet)) this.#keep(entry.signed)
    if (isNews) view.problems.clear('two-agents-one-key', site)
    else if (verdict.kind === 'own-ahead') this.#own.raiseAbove(verdict.number, verdict.incarnation)
    else if (verdict.kind === 'refused') this.#tellRefusal(signed.record, verdict, introducer)
    return verdict
  }

  /** What is believed is stored, also by an agent that has said goodbye and still answers: else its next run believes what came before. */
  #keep(signed: SignedRecord): void {
    const { life } = this.#mesh
    if (!life.over) life.run(() => this.#book.save(signed))
    // The store may be closed by then.
    else this.#book.save(signed).catch(() => undefined)
  }

  #tellRefusal(record: SiteRecord, refusal: Extract<RecordVerdict, { kind: 'refused' }>, introducer?: string): void {
    const { view, clock } = this.#mesh
    const { site, peerId } = record
    const problem = problemOf(refusal.code)
    const detail = `a record of site "${site}" by ${peerId}, received from ${introducer ?? 'itself'}, is refused: ${refusal.detail}`
    // The names beyond the bound are whatever somebody likes: the problem is one.
    const subject = refusal.code === 'table-full' ? (introducer ?? site) : site
    const seen = view.problems.list(clock.now()).some(known => known.id === problem && known.subject === subject)
    view.problems.report(problem, subject, detail, clock.now())
    if (!seen && this.#refusals.take('', clock.monotonic())) view.changed('refused', site, detail)
  }
}

function isMet(entry: SiteEntry | undefined): boolean {
  return entry !== undefined && entry.introducer === undefined
}

function problemOf(code: Extract<RecordVerdict, { kind: 'refused' }>['code']): PeerProblem['id'] {
  switch (code) {
    case 'wrong-mesh':
      return 'wrong-mesh'
    case 'name-taken':
    case 'own-name':
    case 'key-has-name':
      return 'name-taken'
    case 'two-records':
      return 'two-agents-one-key'
    case 'bad-name':
      return 'bad-record'
    case 'table-full':
      return 'table-full'
  }
}
