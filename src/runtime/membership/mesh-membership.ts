import { CheopsError } from '../../errors.ts'
import { wasHeard } from '../../core/membership/site-table.ts'
import { Beater } from './beater.ts'
import { Bootstrapper } from './bootstrapper.ts'
import { ConnectionEvents } from './connection-events.ts'
import { Cuts } from './cuts.ts'
import { DhtRecords } from './dht-records.ts'
import { GossipListener } from './gossip-listener.ts'
import { Greeter } from './greeter.ts'
import { Lifetime } from './lifetime.ts'
import { LinkChecker } from './link-checker.ts'
import { MeshView } from './mesh-view.ts'
import { DEFAULT_TIMES } from './options.ts'
import { OwnRecordKeeper } from './own-record-keeper.ts'
import { Problems } from './problems.ts'
import { RecordLearner } from './record-learner.ts'
import { Redialer } from './redialer.ts'
import { SiteBook } from './site-book.ts'
import { TokenBuckets } from './token-buckets.ts'
import type { SignedRecord, SiteRecord } from '../../core/membership/record.ts'
import type { RecordVerdict } from '../../core/membership/site-table.ts'
import type { Membership, MembershipChange } from '../../ports/membership.ts'
import type { PeerConnection } from '../../ports/peer-network.ts'
import type { BootstrapStatus } from './bootstrapper.ts'
import type { Link } from './links.ts'
import type { MembershipDeps, MembershipOptions, MeshContext } from './options.ts'
import type { PeerProblem } from './problems.ts'

/**
 * The membership of this agent: it drives the core (site table, liveness) with a clock and a network. README.md shows how
 * the parts of this folder fit together.
 */
export class MeshMembership implements Membership {
  readonly self: string
  readonly #mesh: MeshContext
  readonly #book: SiteBook
  readonly #greeter: Greeter
  readonly #redialer: Redialer
  readonly #checker: LinkChecker
  readonly #connections: ConnectionEvents
  readonly #bootstrapper: Bootstrapper
  readonly #dht: DhtRecords
  readonly #beater: Beater
  readonly #ready = Promise.withResolvers<void>()
  readonly #own: OwnRecordKeeper
  readonly #gossip: GossipListener
  readonly #problemsLogged = new TokenBuckets(PROBLEMS_LOGGED)
  #unsubscribe: (() => void) | undefined

  constructor(options: MembershipOptions, deps: MembershipDeps) {
    this.self = options.site
    const times = { ...DEFAULT_TIMES, ...options.times }
    const { network, codec, clock, logger } = deps
    const view = new MeshView(
      {
        mesh: options.mesh,
        site: options.site,
        peerId: network.peerId,
        tickMs: times.tickMs,
        intervalMs: options.beatIntervalMs,
      },
      clock,
      // Whoever invents names must not fill the log.
      new Problems(({ id, subject, detail, hint }) => {
        if (this.#problemsLogged.take('', clock.monotonic())) logger.warn({ problem: id, subject, hint }, detail)
      }),
    )
    const life = new Lifetime(clock, error => logger.error({ error }, 'the membership failed at something'))
    const cuts = new Cuts({ ...deps, options, view, life }, site => this.#redialer.wakeNow(site))
    this.#mesh = { ...deps, options, times, view, cuts, life }
    this.#book = new SiteBook(deps.store, codec, logger)
    this.#own = new OwnRecordKeeper(this.#mesh, this.#book, () => this.#dht.putSoon())
    const learner = new RecordLearner(this.#mesh, this.#book, this.#own)
    const ownNow = (): SignedRecord | undefined => this.#own.current
    const learn = (signed: SignedRecord, introducer?: string): RecordVerdict => learner.learn(signed, introducer)
    this.#dht = new DhtRecords(this.#mesh, ownNow, learn)
    this.#greeter = new Greeter(
      this.#mesh,
      async () => {
        await this.#ready.promise
        return ownNow() as SignedRecord
      },
      learn,
      (link, site) => this.#connections.greeted(link, site),
    )
    this.#gossip = new GossipListener(this.#mesh, this.#own, learner, this.#greeter)
    const greet = (link: Link) => this.#greeter.greet(link)
    this.#redialer = new Redialer(this.#mesh, greet, site => this.#dht.lookUp(site))
    this.#checker = new LinkChecker(this.#mesh, this.#redialer)
    this.#connections = new ConnectionEvents(this.#mesh, {
      redialer: this.#redialer,
      checker: this.#checker,
      greet,
      onAddresses: () => this.#own.renew(),
      onSite: () => this.#dht.putSoon(),
    })
    this.#bootstrapper = new Bootstrapper(this.#mesh, greet)
    this.#beater = new Beater(
      this.#mesh,
      ownNow,
      () => this.#own.incarnation,
      () => this.#checker.cannotDial(),
    )
  }

  /**
   * Reads the address book. To be called before the network starts, so that names are bound before the first stranger asks.
   * @throws CheopsError ERR_PEER_RENAMED when the data folder is that of a site with another name
   */
  async load(): Promise<void> {
    const { options, network, view } = this.#mesh
    let stored: SiteRecord | undefined
    for (const signed of await this.#book.load()) {
      const { record } = signed
      if (record.mesh !== options.mesh) continue
      if (record.peerId === network.peerId) {
        if (record.site !== options.site) throw renamed(record.site, options.site)
        stored = record
      } else {
        view.takeRecord(signed)
      }
    }
    this.#own.open(stored)
    network.onGossip(message => this.#gossip.hear(message))
  }

  /** Begins to take part. The network has been started. */
  async start(): Promise<void> {
    const { network, view } = this.#mesh
    await this.#own.renew()
    this.#ready.resolve()
    this.#unsubscribe = network.onEvent(event => this.#connections.heard(event))
    view.onChange(change => this.#onChange(change))
    for (const connection of network.connections()) this.#connections.opened(connection)
    this.#beater.start()
    this.#bootstrapper.start()
    this.#dht.start()
    this.#forgetRegularly()
    for (const site of view.names()) this.#redialer.wake(site)
  }

  /** Says to all that this site stops, and begins nothing new afterwards: to be called while the network is there. */
  async sayGoodbye(): Promise<void> {
    const { life, clock, times } = this.#mesh
    if (this.#unsubscribe === undefined || life.over) return
    const isLate = Promise.withResolvers<void>()
    const timer = clock.after(times.goodbyeMs, () => isLate.resolve())
    await Promise.race([this.#tellLast(), isLate.promise])
    timer.cancel()
    this.leave()
  }

  /** By gossip; whoever is connected and was not given it so (it takes a second until a new connection carries gossip) hears it directly. */
  async #tellLast(): Promise<void> {
    const { beat, told } = await this.#beater.last()
    if (beat === undefined) return
    const given = new Set(told)
    const { view, times } = this.#mesh
    const { links } = view
    const others = links.peers().filter(peerId => !given.has(peerId))
    await Promise.all(
      others.map(peerId => this.#greeter.sayGoodbye(links.best(peerId) ?? links.of(peerId)[0], beat, times.goodbyeMs)),
    )
  }

  /** Ends all timers, and begins nothing new. What is under way ends with the network, or by its time-outs. */
  leave(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    this.#mesh.life.close()
  }

  /** Leaves, and waits for what is under way; the network is the caller's. Stopping twice does nothing. */
  async stop(): Promise<void> {
    this.leave()
    await this.#mesh.life.end()
    await this.#own.settled()
  }

  sites = (): ReturnType<Membership['sites']> => this.#mesh.view.sites()
  site = (name: string): ReturnType<Membership['site']> => this.#mesh.view.site(name)
  siteOfPeer = (peerId: string): string | undefined => this.#mesh.view.siteOfPeer(peerId)

  /** Whether a peer is a site that has given a sign of life, itself. */
  hasHeard(peerId: string): boolean {
    const site = this.#mesh.view.siteOfPeer(peerId)
    const entry = site === undefined ? undefined : this.#mesh.view.entry(site)
    return entry !== undefined && wasHeard(entry)
  }

  /** Whether a site has shown its record itself, over a connection of its own: what others show of it proves nothing. */
  hasMet(site: string): boolean {
    const entry = this.#mesh.view.entry(site)
    return entry !== undefined && entry.introducer === undefined
  }

  /** Cuts that an operator has made here, for a while. */
  get cuts(): Cuts {
    return this.#mesh.cuts
  }

  catalog = (): ReturnType<Membership['catalog']> => this.#mesh.view.catalog()

  onChange(listener: (change: MembershipChange) => void): () => void {
    return this.#mesh.view.onChange(listener)
  }

  /**
   * The connection to a site, dialled if there is none.
   * @throws CheopsError ERR_SITE_UNKNOWN, ERR_SITE_UNREACHABLE
   */
  async connect(site: string, signal: AbortSignal): Promise<PeerConnection> {
    return (await this.#redialer.connect(site, signal)).connection
  }

  /** The connection to a site that stands, if any. */
  connectionTo(site: string): PeerConnection | undefined {
    const peerId = this.#mesh.view.entry(site)?.signed.record.peerId
    return peerId === undefined ? undefined : this.#mesh.view.links.best(peerId)?.connection
  }

  /** Changes what this site offers; the mesh learns it at once. */
  async updateServices(services: SiteRecord['services']): Promise<void> {
    await this.#own.offer(services)
  }

  bootstrapStatus(): readonly BootstrapStatus[] {
    return this.#bootstrapper.status()
  }

  problems(): readonly PeerProblem[] {
    return this.#mesh.view.problems.list(this.#mesh.clock.now())
  }

  /**
   * Forgets a site and which key its name belongs to: for one that is gone, or that has lost its key. If an agent with the
   * old key runs, it is known again as soon as it says hello.
   * @throws CheopsError ERR_SITE_UNKNOWN for a name that is not known here, and for this site's own
   */
  async forgetSite(name: string): Promise<void> {
    const { view, network } = this.#mesh
    const peerId = view.entry(name)?.signed.record.peerId
    if (peerId === undefined || name === this.self) {
      const message = name === this.self ? `"${name}" is this site itself.` : `The mesh does not know site "${name}".`
      throw new CheopsError('ERR_SITE_UNKNOWN', message, { site: name })
    }
    for (const link of view.links.of(peerId)) network.close(link.connection.id, { force: true })
    view.forget(name, 'was removed by an operator')
    await this.#book.forget(name)
    this.#forgetPeers()
  }

  /** Records of a site in the DHT, newest first. */
  dhtGet(site: string): Promise<readonly SignedRecord[]> {
    return this.#dht.get(site)
  }

  /** Greets a connection that somebody else dialled (diagnostics, the local network). */
  async greet(connection: PeerConnection): Promise<string> {
    const greeting = await this.#greeter.greet(this.#mesh.view.links.open(connection, this.#mesh.clock.monotonic()))
    if (greeting.ok) return greeting.site
    throw new CheopsError('ERR_SITE_UNREACHABLE', `No member of this mesh answers: ${greeting.detail}.`)
  }

  /** What others invent must not stay: sites that nobody has met, and peers that became no site. */
  #forgetRegularly(): void {
    const { view, life, times } = this.#mesh
    life.after(times.forgetIntervalMs, () => {
      for (const site of view.neverMet(times.forgetUnmetMs)) view.forget(site, 'was never met, and is not heard')
      this.#forgetPeers()
      this.#forgetRegularly()
    })
  }

  #forgetPeers(): void {
    const { view, network } = this.#mesh
    this.#gossip.forgetPeers()
    network.forgetPeers(peerId => view.siteOfPeer(peerId) !== undefined)
  }

  /** The core's verdicts become dials. */
  #onChange(change: MembershipChange): void {
    if (change.kind === 'forgotten') {
      this.#redialer.forget(change.site)
      this.#checker.forget(change.site)
    } else if (change.kind === 'joined' || change.kind === 'record') {
      this.#redialer.wake(change.site)
      if (change.kind === 'joined') this.#dht.putSoon()
    } else if (change.kind === 'liveness' && this.#mesh.view.site(change.site)?.liveness === 'alive') {
      this.#redialer.wakeNow(change.site)
    }
  }
}

/** Problems that are logged, of all together. */
const PROBLEMS_LOGGED = { burst: 16, perSecond: 0.1, maxKeys: 1 }

function renamed(before: string, now: string): CheopsError {
  return new CheopsError('ERR_PEER_RENAMED', `The data folder is that of site "${before}", not of "${now}".`, {
    before,
    now,
  })
}
