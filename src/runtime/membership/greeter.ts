import type { Hello, HelloRefusal } from '../../ports/heartbeat-codec.ts'
import type { HelloAnswer, PeerConnection } from '../../ports/peer-network.ts'
import type { RecordVerdict } from '../../core/membership/site-table.ts'
import type { SignedRecord } from '../../core/membership/record.ts'
import type { Link } from './links.ts'
import type { MeshContext } from './options.ts'

export type Greeting =
  | { readonly ok: true; readonly site: string }
  | { readonly ok: false; readonly why: 'wrong-mesh' | 'refused' | 'no-answer'; readonly detail: string }

/** Hellos that one connection may send at once, and then one each second: each costs a look at up to 1,024 records. */
const HELLO_BURST = 20

/**
 * The hello on every new connection: both sides show their own record, by which each knows which site the other is, and
 * what they know of others, by which a newcomer learns the whole mesh in one round trip. Who dials speaks first.
 */
export class Greeter {
  readonly #mesh: MeshContext
  readonly #own: () => Promise<SignedRecord>
  readonly #learn: (signed: SignedRecord, from: string) => RecordVerdict
  readonly #greeted: (link: Link, site: string) => void
  readonly #budgets = new WeakMap<Link, { tokens: number; at: number }>()

  /**
   * @param own the own record, once there is one
   * @param learn takes a record from a peer
   * @param greeted is told of each connection over which both records were shown
   */
  constructor(
    mesh: MeshContext,
    own: () => Promise<SignedRecord>,
    learn: (signed: SignedRecord, from: string) => RecordVerdict,
    greeted: (link: Link, site: string) => void,
  ) {
    this.#mesh = mesh
    this.#own = own
    this.#learn = learn
    this.#greeted = greeted
    mesh.network.onHello((from, hello) => this.#serve(from, hello))
  }

  /** Says hello over a connection and learns from the answer. A connection to what is no member of this mesh is closed. */
  async greet(link: Link): Promise<Greeting> {
    const { network, codec, options, times } = this.#mesh
    let answer: Hello
    try {
      const bytes = codec.writeHello(this.#hello(await this.#own()))
      answer = codec.readHello(await network.hello(link.connection.id, bytes, times.helloTimeoutMs))
    } catch (error) {
      return { ok: false, why: 'no-answer', detail: error instanceof Error ? error.message : String(error) }
    }
    if (answer.mesh !== options.mesh) return this.#wrongMesh(link.connection, answer.mesh)
    if (answer.refusal !== undefined) return this.#refusedBy(link.connection, answer)
    const refusal = this.#meet(link, answer)
    if (refusal !== undefined) {
      network.close(link.connection.id, { force: true })
      return { ok: false, why: 'refused', detail: `its record was refused: ${refusal}` }
    }
    return { ok: true, site: this.#mesh.view.siteOfPeer(link.connection.peerId) as string }
  }

  async #serve(from: PeerConnection, bytes: Uint8Array): Promise<HelloAnswer> {
    const { codec, clock, options, view } = this.#mesh
    const link = view.links.open(from, clock.monotonic())
    if (!this.#hasBudget(link)) return this.#refuse('table-full', from)
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
    const verdict = this.#learn(hello.own, peerId)
    // A site that lost its memory may say something else under an old number: the answer shows it what it said before.
    if (verdict.kind === 'refused' && verdict.code !== 'two-records') return refusalOf(verdict.code)
    for (const other of hello.others) this.#learn(other, peerId)
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
    const others = [...view.table.sites.values()].map(entry => entry.signed).filter(signed => signed !== own)
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
    view.problems.report('wrong-mesh', connection.peerId, detail, clock.now())
    if (connection.direction === 'outbound') network.close(connection.id, { force: true })
    return { ok: false, why: 'wrong-mesh', detail }
  }

  #refusedBy(connection: PeerConnection, answer: Hello): Greeting {
    const { view, clock, network, options } = this.#mesh
    network.close(connection.id, { force: true })
    const detail = `the agent at ${connection.address} refuses this one: ${answer.refusal}`
    if (answer.refusal === 'name-taken') {
      const name = `${detail}; it knows site "${options.site}" by another key`
      view.problems.report('name-taken', options.site, name, clock.now())
    }
    return { ok: false, why: 'refused', detail }
  }

  #hasBudget(link: Link): boolean {
    const now = this.#mesh.clock.monotonic()
    const budget = this.#budgets.get(link) ?? { tokens: HELLO_BURST, at: now }
    const tokens = Math.min(HELLO_BURST, budget.tokens + (now - budget.at) / 1000)
    this.#budgets.set(link, { tokens: tokens - 1, at: now })
    return tokens >= 1
  }
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
