import { TokenBuckets } from './token-buckets.ts'
import type { GossipMessage, GossipVerdict } from '../../ports/peer-network.ts'
import type { Greeter } from './greeter.ts'
import type { MeshContext } from './options.ts'
import type { OwnRecordKeeper } from './own-record-keeper.ts'
import type { RecordLearner } from './record-learner.ts'

/** Beats take seconds over the slowest links; clocks that are kept by anything differ by less than this. */
const CLOCK_OFF_MS = 10_000
/** For so long they must differ: whoever stood still reads old beats at first, within moments. */
const CLOCK_OFF_FOR_MS = 15_000

/** A site sends its beats, a few a second at most, and a record when it changes. */
const GOSSIP_BY_AUTHOR = { burst: 40, perSecond: 20, maxKeys: 4_096 }

/** Hears the beats and records that sites gossip, and asks for what they speak of and is not known here. */
export class GossipListener {
  readonly #mesh: MeshContext
  readonly #own: OwnRecordKeeper
  readonly #learner: RecordLearner
  readonly #greeter: Greeter
  readonly #byAuthor = new TokenBuckets(GOSSIP_BY_AUTHOR)
  readonly #resyncedAt = new Map<string, number>()
  /** Since when the clock of a site differs from this one's, by the monotonic clock. */
  readonly #clockOffSince = new Map<string, number>()

  constructor(mesh: MeshContext, own: OwnRecordKeeper, learner: RecordLearner, greeter: Greeter) {
    this.#mesh = mesh
    this.#own = own
    this.#learner = learner
    this.#greeter = greeter
  }

  /** What the network is to do with a message: pass it on, drop it, or hold it against whoever sent it. */
  hear({ author, source, data }: GossipMessage): GossipVerdict {
    const { codec, view, life, clock, cuts } = this.#mesh
    // Nobody is listened to before it has shown what it is.
    if (view.siteOfPeer(source) === undefined || life.over || cuts.hasPeer(source)) return 'ignore'
    // Authors that nobody knows share what one has: keys cost nothing to make.
    const budget = view.siteOfPeer(author) === undefined ? `unknown, by ${source}` : author
    if (!this.#byAuthor.take(budget, clock.monotonic())) return 'ignore'
    let gossip
    try {
      gossip = codec.readGossip(data)
    } catch {
      return 'reject'
    }
    if (gossip.kind === 'record') {
      // Sites send their own records only.
      if (gossip.signed.record.peerId !== author) return 'ignore'
      const verdict = this.#learner.learn(gossip.signed, source)
      // A refusal is no fault of who passed it on: it may have seen the other key of the name first.
      return verdict.kind === 'new' || verdict.kind === 'newer' ? 'accept' : 'ignore'
    }
    const verdict = view.takeBeat(author, gossip.beat)
    switch (verdict.kind) {
      case 'heard':
        if (verdict.recordMissing) this.#resync(source)
        this.#compareClocks(verdict.site)
        return 'accept'
      case 'unknown':
        this.#resync(source)
        return 'ignore'
      case 'own':
        if (gossip.beat.incarnation !== this.#own.incarnation) {
          this.#own.raiseAbove(verdict.recordNumber, verdict.incarnation)
        }
        return 'ignore'
      case 'replayed':
        return 'ignore'
    }
  }

  /** Peers that became no site are of no interest any more. */
  forgetPeers(): void {
    for (const peerId of this.#resyncedAt.keys())
      if (this.#mesh.view.siteOfPeer(peerId) === undefined) this.#resyncedAt.delete(peerId)
    for (const site of this.#clockOffSince.keys())
      if (this.#mesh.view.site(site) === undefined) this.#clockOffSince.delete(site)
  }

  #compareClocks(site: string): void {
    const { view, clock } = this.#mesh
    const offsetMs = view.site(site)?.clockOffsetMs ?? 0
    if (Math.abs(offsetMs) < CLOCK_OFF_MS) {
      this.#clockOffSince.delete(site)
      return view.problems.clear('clock-off', site)
    }
    const since = this.#clockOffSince.get(site) ?? clock.monotonic()
    this.#clockOffSince.set(site, since)
    if (clock.monotonic() - since < CLOCK_OFF_FOR_MS) return
    const detail = `the clock of site "${site}" and this one's differ by ${(Math.abs(offsetMs) / 1000).toFixed(0)} s`
    view.problems.report('clock-off', site, detail, clock.now())
  }

  /** Asks a peer for what it knows, as it passed on something of a site or a record that is not known here. */
  #resync(peerId: string): void {
    const { view, clock, times, life } = this.#mesh
    const link = view.links.best(peerId)
    const now = clock.monotonic()
    if (link === undefined || now - (this.#resyncedAt.get(peerId) ?? -Infinity) < times.resyncMs) return
    this.#resyncedAt.set(peerId, now)
    life.run(async () => {
      await this.#greeter.greet(link)
    })
  }
}
