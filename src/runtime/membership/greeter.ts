import type { Hello, HelloRefusal } from '../../ports/heartbeat-codec.ts'
import type { HelloAnswer, PeerConnection } from '../../ports/peer-network.ts'
import { wasHeard } from '../../core/membership/site-table.ts'
import { remember } from '../../core/resource/remember.ts'
import { TokenBuckets } from './token-buckets.ts'
import type { RecordVerdict } from '../../core/membership/site-table.ts'
import type { Beat, SignedRecord } from '../../core/membership/record.ts'
import type { Link } from './links.ts'
import type { MeshContext } from './options.ts'
import type { PeerProblem } from './problems.ts'

export type Greeting =
  | { readonly ok: true; readonly site: string }
  | {
      readonly ok: false
      readonly why: 'wrong-mesh' | 'refused' | 'no-answer'
      readonly detail: string
      /** The problem that it was reported as, if it was. */
      readonly problem?: Pick<PeerProblem, 'id' | 'subject'>
    }

/** Hellos that one peer may send at once, and then one each second: each costs a look at up to 1,024 records. */
const HELLOS_OF_PEER = { burst: 20, perSecond: 1, maxKeys: 4_096 }
/** The same for one address, where keys may be made as they are used: many sites start at once behind one address. */
const HELLOS_OF_ADDRESS = { burst: 512, perSecond: 16, maxKeys: 4_096 }
/** As an agent does that refuses another one, or has cut it off; and one that stops. */
const ENDED =
  'it ends the connection before it says who it is: "cheops status" there says whether an operator has cut this site off'
/** First hellos over connections that are under way or were refused; more than are dialled within one moment. */
const MAX_FIRST_GREETINGS = 512
/** Peers that know this site's name by another key. */
const MAX_KEPT_OUT_BY = 256

/**
 * The hello on every new connection: both sides show their own record, by which each knows which site the other is, and
 * what they know of others, by which a newcomer learns the whole mesh in one round trip. Who dials speaks first.
 */
export class Greeter {
  readonly #mesh: MeshContext
  readonly #own: () => Promise<SignedRecord>
  readonly #learn: (signed: SignedRecord, introducer?: string) => RecordVerdict
  readonly #greeted: (link: Link, site: string) => void
  /** By the ID of the connection: under way, or what has ended it. */
  readonly #first = new Map<string, Promise<Greeting>>()
  /** By peer ID: who has refused this site last since its name belongs to another key. */
  readonly #keptOutBy = new Map<string, true>()
  readonly #ofPeer = new TokenBuckets(HELLOS_OF_PEER)
  readonly #ofAddress = new TokenBuckets(HELLOS_OF_ADDRESS)

  /**
   * @param own the own record, once there is one
   * @param learn takes a record from the site itself, or from the peer that introduces it
   * @param greeted is told of each connection over which both records were shown
   */
  constructor(
    mesh: MeshContext,
    own: () => Promise<SignedRecord>,
    learn: (signed: SignedRecord, introducer?: string) => RecordVerdict,
    greeted: (link: Link, site: string) => void,
  ) {
    this.#mesh = mesh
    this.#own = own
    this.#learn = learn
    this.#greeted = greeted
    mesh.network.onHello((from, hello) => this.#serve(from, hello))
  }

  /**
   * Says hello over a connection and learns from the answer. A connection to what is no member of this mesh is closed.
   *
   * All who want a new connection greeted share one hello, also those who come when it has ended: a refusal ends the connection, and
   * with it whatever else would be asked over it.
   */
  greet(link: Link): Promise<Greeting> {
    if (link.greeted) return this.#converse(link)
    const { id } = link.connection
    const known = this.#first.get(id) ?? this.#greetFirst(link)
    return known.then(greeting => {
      if (!greeting.ok) this.#forgetEnded(link)
      return greeting
    })
  }

  #greetFirst(link: Link): Promise<Greeting> {
    const { id } = link.connection
    const first = this.#converse(link).then(greeting => {
      if (greeting.ok || greeting.why === 'no-answer') this.#first.delete(id)
      return greeting
    })
    remember(this.#first, id, first, MAX_FIRST_GREETINGS)
    return first
  }

  /** A dial may be over after its connection is: no event will say again that it has gone. */
  #forgetEnded(link: Link): void {
    const { network, view } = this.#mesh
    const stands = network.connections().some(({ id }) => id === link.connection.id)
    if (!stands && !link.greeted) view.links.closed(link.connection)
  }

  async #converse(link: Link): Promise<Greeting> {
    const { network, codec, options, times } = this.#mesh
    let answer: Hello
    try {
      const bytes = codec.writeHello(this.#hello(await this.#own()))
      answer = codec.readHello(await network.hello(link.connection.id, bytes, times.helloTimeoutMs))
    } catch (error) {
      const stands = network.connections().some(({ id }) => id === link.connection.id)
      const detail = error instanceof Error ? error.message : String(error)
      return { ok: false, why: 'no-answer', detail: stands ? detail : `${ENDED} (${detail})` }
    }
    if (answer.mesh !== options.mesh) return this.#wrongMesh(link.connection, answer.mesh)
    if (answer.refusal !== undefined) return this.#refusedBy(link.connection, answer)
    const refusal = this.#meet(link, answer)
    if (refusal !== undefined) {
      network.close(link.connection.id, { force: true })
      const detail = `its record was refused: ${refusal}`
      const site = refusal === 'name-taken' ? answer.own?.record.site : undefined
      if (site === undefined) return { ok: false, why: 'refused', detail }
      return { ok: false, why: 'refused', detail, problem: { id: 'name-taken', subject: site } }
    }
    this.#letInBy(link.connection.peerId)
    return { ok: true, site: this.#mesh.view.siteOfPeer(link.connection.peerId) as string }
  }

  /** It knows this site's name by this key now. Others may still know it by another one. */
  #letInBy(peerId: string): void {
    const { view, options } = this.#mesh
    if (this.#keptOutBy.delete(peerId) && this.#keptOutBy.size === 0) view.problems.clear('name-taken', options.site)
  }

  /** Says over a connection that this site stops. Best effort. */
  async sayGoodbye(link: Link | undefined, last: Beat, timeoutMs: number): Promise<void> {
    const { network, codec, options } = this.#mesh
    if (link === undefined) return
    const hello = { mesh: options.mesh, refusal: undefined, own: await this.#own(), others: [], last }
    await network.hello(link.connection.id, codec.writeHello(hello), timeoutMs).catch(() => undefined)
  }

  async #serve(from: PeerConnection, bytes: Uint8Array): Promise<HelloAnswer> {
    const { codec, clock, options, view } = this.#mesh
    const link = view.links.open(from, clock.monotonic())
    if (!this.#hasBudget(from)) return this.#refuse('table-full', from)
    let hello: Hello
    try {
      hello = codec.readHello(bytes)
    } catch {
      return this.#refuse('bad-record', from)
    }
    if (hello.mesh !== options.mesh) {
      this.#wrongMesh(from, hello.mesh)
      return this.#refuse('wrong-mesh', from)
    }
    const own = await this.#own()
    if (hello.last !== undefined && view.siteOfPeer(from.peerId) !== undefined) {
      view.takeBeat(from.peerId, hello.last)
      return { answer: codec.writeHello({ mesh: options.mesh, refusal: undefined, own, others: [] }), close: false }
    }
    const refusal = this.#meet(link, hello)
    return refusal === undefined
      ? { answer: codec.writeHello(this.#hello(own)), close: false }
      : this.#refuse(refusal, from)
  }

  /** Learns from what the other side has said. */
  #meet(link: Link, hello: Hello): HelloRefusal | undefined {
    const { view } = this.#mesh
    const { peerId } = link.connection
    if (hello.own === undefined || hello.own.record.peerId !== peerId) return 'bad-record'
    const verdict = this.#learn(hello.own)
    // A site that lost its memory may say something else under an old number: the answer shows it what it said before.
    if (verdict.kind === 'refused' && verdict.code !== 'two-records') return refusalOf(verdict.code)
    for (const other of hello.others) {
      const judged = this.#learn(other, peerId)
      // Whoever has used up its room need not be heard to the end.
      if (judged.kind === 'refused' && judged.code === 'table-full') break
    }
    const site = view.siteOfPeer(peerId)
    if (site === undefined) return 'bad-record'
    view.contact(site)
    link.failing = false
    if (!link.greeted) {
      link.greeted = true
      this.#greeted(link, site)
    }
    return undefined
  }

  #hello(own: SignedRecord): Hello {
    const { view, options } = this.#mesh
    // Hearsay is not passed on: what one peer invents stays with those to whom it tells it.
    const heard = [...view.table.sites.values()].filter(wasHeard)
    const others = heard.map(entry => entry.signed).filter(signed => signed !== own)
    return { mesh: options.mesh, refusal: undefined, own, others }
  }

  /** Who is no site of this mesh is sent away; the link to one that is stays, whatever it said. */
  #refuse(refusal: HelloRefusal, from: PeerConnection): HelloAnswer {
    const { codec, options, view } = this.#mesh
    const answer = codec.writeHello({ mesh: options.mesh, refusal, own: undefined, others: [] })
    return { answer, close: view.siteOfPeer(from.peerId) === undefined }
  }

  #wrongMesh(connection: PeerConnection, theirs: string): Greeting {
    const { view, clock, network, options } = this.#mesh
    const detail = `the agent at ${connection.address} is of mesh "${theirs}", this one is of mesh "${options.mesh}"`
    const problem = { id: 'wrong-mesh', subject: connection.peerId } as const
    view.problems.report(problem.id, problem.subject, detail, clock.now())
    if (connection.direction === 'outbound') network.close(connection.id, { force: true })
    return { ok: false, why: 'wrong-mesh', detail, problem }
  }

  #refusedBy(connection: PeerConnection, answer: Hello): Greeting {
    const { view, clock, network, options } = this.#mesh
    network.close(connection.id, { force: true })
    const detail = `the agent at ${connection.address} refuses this one: ${answer.refusal}`
    if (answer.refusal !== 'name-taken') return { ok: false, why: 'refused', detail }
    const problem = { id: 'name-taken', subject: options.site } as const
    remember(this.#keptOutBy, connection.peerId, true, MAX_KEPT_OUT_BY)
    const name = `${detail}; it knows site "${options.site}" by another key`
    view.problems.report(problem.id, problem.subject, name, clock.now())
    return { ok: false, why: 'refused', detail, problem }
  }

  #hasBudget({ peerId, address }: PeerConnection): boolean {
    const now = this.#mesh.clock.monotonic()
    return this.#ofAddress.take(hostOf(address), now) && this.#ofPeer.take(peerId, now)
  }
}

/** The first part of a multiaddress: `/ip4/10.0.0.1`. */
function hostOf(address: string): string {
  return address.split('/', 3).join('/')
}

function refusalOf(code: Extract<RecordVerdict, { kind: 'refused' }>['code']): HelloRefusal {
  switch (code) {
    case 'wrong-mesh':
      return 'wrong-mesh'
    case 'name-taken':
    case 'own-name':
    case 'key-has-name':
      return 'name-taken'
    case 'table-full':
      return 'table-full'
    case 'bad-name':
    case 'two-records':
      return 'bad-record'
  }
}
