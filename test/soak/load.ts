import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom } from '../../sims/world/seeded-random.ts'
import type { Counts } from './counts.ts'
import type { FaultBook } from './faults.ts'
import { SITES } from './mesh.ts'
import type { SiteName, SoakMesh } from './mesh.ts'
import { ThingModel } from './model.ts'
import type { Write } from './model.ts'
import { FIELDS } from './styles.ts'
import type { Style } from './styles.ts'

/** A resource, as clients know it. */
export interface Thing {
  readonly style: Style
  readonly id: string
  readonly model: ThingModel
  /** Sites that have shown it, or taken a write of it. */
  readonly knownAt: Set<SiteName>
  /** Sites whose application somebody has changed past Cheops. */
  readonly changedPastCheopsAt: Set<SiteName>
  createdAt: number
  /** Somebody has begun to delete it. */
  isEnding: boolean
}

const CLIENTS = 16
/** Of each style at a time: some are written all the time, and none is alone. */
const LIVE = 20
/** The same, of things with large bodies. */
const LIVE_LARGE = 6
/** A field of one is so large now and then: a body beyond 64 KiB is a file. */
const [LARGE, LEAST_LARGE, MOST_LARGE] = [0.2, 66_000, 200_000]
const TIMEOUT_MS = 20_000
/** Values that were written past Cheops have this in them. */
const OUTSIDERS = '|outsider-'
/** How often a request with a key is sent again where nobody knows what became of it. */
const TRIES = 4
/** A create has come to all members within that on a busy machine. */
const COMES_MS = 10_000
const SCOPE = SITES.join(' & ')
/** What an asynchronous application has accepted may come for so long: what it has lost meanwhile is not put back before, and what is to come next waits. */
const ACCEPTED_MS = 60_000
/** A model is cleaned up when it has so many writes. */
const PRUNE_FROM = 60
const OUTSIDER_MS = 2_500

export interface Answer {
  readonly status: number
  /** Status and code of a problem, or why there is no answer. */
  readonly label: string
  readonly headers: Headers
  readonly text: string
}

type ClientsKind = Exclude<Write['kind'], 'keep' | 'take'>

interface Sent {
  readonly method: string
  readonly target: string
  readonly body?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** What clients do, and what they know of each thing then. */
export class Load {
  readonly things: Thing[] = []
  readonly #mesh: SoakMesh
  readonly #styles: readonly Style[]
  readonly #counts: Counts
  readonly #book: FaultBook
  readonly #clocksDiffer: boolean
  #created = 0
  #written = 0
  /** What clients saw that cannot be. */
  readonly findings: string[] = []

  constructor(of: {
    readonly mesh: SoakMesh
    readonly styles: readonly Style[]
    readonly counts: Counts
    readonly book: FaultBook
    readonly clocksDiffer: boolean
  }) {
    this.#mesh = of.mesh
    this.#styles = of.styles
    this.#counts = of.counts
    this.#book = of.book
    this.#clocksDiffer = of.clocksDiffer
  }

  /** Resolves after the signal, when all that is under way has been answered. */
  async run({ rate, seed, signal }: { rate: number; seed: number; signal: AbortSignal }): Promise<void> {
    const random = new SeededRandom(seed)
    const clients = Array.from({ length: CLIENTS }, () => this.#client(random.fork(), rate, signal))
    const outsiders = this.#styles.filter(({ outsider }) => outsider === true)
    await Promise.all([...clients, ...outsiders.map(style => this.#outside(style, random.fork(), signal))])
  }

  async #client(random: SeededRandom, rate: number, signal: AbortSignal): Promise<void> {
    /** What it has seen last: the next request at another site may build on it. */
    let context: string | undefined
    while (!signal.aborted) {
      await sleep(random.uniform() * ((2_000 * CLIENTS) / rate), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      const up = SITES.filter(site => this.#mesh.isUp(site))
      if (up.length === 0) continue
      const site = random.pick(up)
      const style = random.pick(this.#styles)
      const live = this.things.filter(thing => thing.style === style && !thing.isEnding)
      const most = style.large === true ? LIVE_LARGE : LIVE
      const dice = random.uniform()
      const hints = {
        ...(random.chance(0.1) && { prefer: 'wait=10' }),
        ...(context !== undefined && random.chance(0.15) && { 'cheops-context': context }),
      }
      let answer: Answer | undefined
      if (live.length < most / 2 || (live.length < most && dice < 0.06))
        answer = await this.#create(style, site, random, hints)
      else {
        const thing = random.pick(live)
        if (dice < 0.1) answer = await this.#write(thing, 'delete', site, random, hints)
        else if (dice < 0.4) answer = await this.#write(thing, 'replace', site, random, hints)
        else if (dice < 0.75) answer = await this.#write(thing, 'merge', site, random, hints)
        else answer = await this.#read(thing, site, random, hints)
      }
      context = answer?.headers.get('cheops-context') ?? context
    }
  }

  async #create(
    style: Style,
    site: SiteName,
    random: SeededRandom,
    hints: Readonly<Record<string, string>>,
  ): Promise<Answer | undefined> {
    const over = this.things.filter(thing => thing.style === style && thing.isEnding && thing.model.presence() === 'no')
    const again = over.length > 0 && random.chance(0.15) ? random.pick(over) : undefined
    if (again !== undefined) {
      again.isEnding = false
      again.knownAt.clear()
    }
    const thing = again ?? this.#newThing(style)
    if (again === undefined) this.things.push(thing)
    thing.createdAt = performance.now()
    return this.#write(thing, 'create', site, random, hints)
  }

  #newThing(style: Style): Thing {
    const number = String(this.#created++)
    return {
      style,
      id: style.spelt === true ? `thing ${number} ü~(x)+é` : `thing-${number}`,
      model: new ThingModel({ putCreates: style.put === 'creates', clocksDiffer: this.#clocksDiffer }),
      knownAt: new Set(),
      changedPastCheopsAt: new Set(),
      createdAt: 0,
      isEnding: false,
    }
  }

  async #write(
    thing: Thing,
    wanted: ClientsKind,
    site: SiteName,
    random: SeededRandom,
    hints: Readonly<Record<string, string>>,
  ): Promise<Answer | undefined> {
    const { style, id } = thing
    const kind = wanted === 'replace' && style.put === 'refused' ? 'merge' : wanted
    // A site that does not know it yet would begin another life across a cut.
    if (kind === 'replace' && style.put === 'creates' && !thing.knownAt.has(site))
      return this.#read(thing, site, random, hints)
    const isMergePatch = random.chance(0.5)
    const fields = kind === 'delete' ? {} : this.#fields(thing, random, kind === 'merge', isMergePatch)
    const key = random.chance(0.4) ? `key-${String(this.#written)}-${String(random.below(1e9))}` : undefined
    const conditions = style.strict === true && kind !== 'create' ? await this.#etag(thing, site) : {}
    if (conditions === undefined) return undefined
    if (kind === 'delete') thing.isEnding = true
    const needsScope = kind === 'create' || (kind === 'replace' && (style.put === 'creates' || random.chance(0.2)))
    const sent: Sent = {
      method: { create: 'POST', replace: 'PUT', merge: 'PATCH', delete: 'DELETE' }[kind],
      target: kind === 'create' ? '/things' : `/things/${spell(id, style, random)}`,
      ...(kind !== 'delete' && { body: kind === 'merge' ? fields : { id, ...fields } }),
      headers: {
        'x-client': '1',
        ...hints,
        ...conditions,
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(needsScope && { 'cheops-scope': SCOPE }),
        ...(kind === 'merge' && { 'content-type': isMergePatch ? 'application/merge-patch+json' : 'application/json' }),
      },
    }
    const write: Write = { kind, site, sentAt: performance.now(), fields, doneAt: undefined }
    thing.model.add(write)
    const answer = await this.#untilKnown(
      thing,
      write,
      sent,
      site,
      key !== undefined && style.strict !== true ? TRIES : 1,
      random,
    )
    if (kind === 'create' && thing.model.presence() === 'no') thing.isEnding = true
    if (thing.model.writes.length > PRUNE_FROM) thing.model.prune()
    return answer
  }

  /** Sends a write, again at other members where nobody knows what became of it, and notes in the model what is known then. */
  async #untilKnown(
    thing: Thing,
    write: Write,
    sent: Sent,
    first: SiteName,
    tries: number,
    random: SeededRandom,
  ): Promise<Answer> {
    let isInDoubt = false
    let site = first
    for (let turn = 1; ; turn++) {
      const answer = await this.#ask(thing.style, site, sent, thing)
      const { status, headers } = answer
      if (status >= 200 && status < 300) {
        if (headers.get('cheops-outcome') === 'uncertain' || headers.get('cheops-operation') === null) return answer
        // In doubt at one site and done at another: of which counts its client knows nothing but the sites.
        write.doneAt = isInDoubt && first !== site ? undefined : performance.now()
        thing.knownAt.add(site)
        return answer
      }
      if (status >= 400 && status < 500 && status !== 408) {
        if (!isInDoubt) thing.model.drop(write)
        // Others may go on with what nobody could delete.
        if (write.kind === 'delete' && !isInDoubt && status !== 404 && status !== 410) thing.isEnding = false
        return answer
      }
      isInDoubt = true
      if (turn >= tries) return answer
      await sleep(random.between(100, 2_000))
      const up = SITES.filter(each => this.#mesh.isUp(each))
      site = up.length > 0 ? random.pick(up) : site
    }
  }

  async #read(
    thing: Thing,
    site: SiteName,
    random: SeededRandom,
    hints: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const { style, id } = thing
    const isList = random.chance(0.1)
    const isCompared = random.chance(0.25)
    const answer = await this.#ask(
      style,
      site,
      {
        method: 'GET',
        target: isList ? '/things' : `/things/${spell(id, style, random)}`,
        headers: { ...hints, ...(isCompared && { 'cheops-scope': SCOPE }) },
      },
      isList ? undefined : thing,
    )
    if (answer.status === 200 && !isList) {
      this.#look(thing, site, answer.text)
      if (isFrom(answer, site) && !isCompared) thing.knownAt.add(site)
    }
    return answer
  }

  /** Undefined where it is not there, or nobody answers. */
  async #etag(thing: Thing, site: SiteName): Promise<Readonly<Record<string, string>> | undefined> {
    const sent = { method: 'GET', target: `/things/${encodeURIComponent(thing.id)}` }
    const answer = await this.#ask(thing.style, site, sent, thing)
    const etag = answer.headers.get('etag')
    // Of another site's instance it would be no use.
    return answer.status === 200 && etag !== null && isFrom(answer, site) ? { 'if-match': etag } : undefined
  }

  /** Whoever shows something that nobody has ever written there has mixed something up. */
  #look(thing: Thing, site: SiteName, text: string): void {
    const shown = parse(text)
    for (const field of FIELDS) {
      const value = shown[field]
      if (value === undefined || (typeof value === 'string' && value.startsWith(`${thing.id}|`))) continue
      this.findings.push(
        `${thing.style.name}/${thing.id} at ${site} shows ${field}: ${JSON.stringify(value)}, which nobody wrote there`,
      )
    }
  }

  #fields(
    { id, style }: Thing,
    random: SeededRandom,
    isMerge: boolean,
    mayRemove: boolean,
  ): Record<string, string | null> {
    const length = (): number =>
      style.large === true && random.chance(LARGE)
        ? random.between(LEAST_LARGE, MOST_LARGE)
        : random.below(random.chance(0.02) ? 20_000 : 40)
    const fields: Record<string, string | null> = {}
    for (const field of FIELDS) {
      if (!random.chance(isMerge ? 0.25 : 0.7)) continue
      const text = `${id}|${String(this.#written++)}|${'x'.repeat(length())}`
      fields[field] = isMerge && mayRemove && random.chance(0.15) ? null : text
    }
    if (Object.keys(fields).length === 0) fields[FIELDS[0]] = `${id}|${String(this.#written++)}|`
    return fields
  }

  async #ask(
    style: Style,
    site: SiteName,
    { method, target, body, headers }: Sent,
    thing: Thing | undefined,
  ): Promise<Answer> {
    const from = performance.now()
    const answer = await request(this.#mesh.ingress(site, style.name), {
      method,
      target,
      ...(body && { body }),
      ...(headers && { headers }),
    })
    const until = performance.now()
    const isAwaited = style.laterMs !== undefined && answer.status === 404
    const isExplained = this.#book.explains(from - (isAwaited ? ACCEPTED_MS : 0), until)
    this.#counts.add(`${style.name} ${method}`, answer.label, isExplained)
    if (!isExplained && !isExpected(style, method, answer, thing, from)) {
      const text = `${method} ${target} ${JSON.stringify(headers ?? {})} at ${site} after ${(until - from).toFixed(0)} ms: ${answer.text.slice(0, 600)}`
      this.#counts.unexpected(`${style.name} ${answer.label}`, text)
    }
    return answer
  }

  /** Somebody who knows nothing of Cheops. */
  async #outside(style: Style, random: SeededRandom, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(random.uniform() * 2 * OUTSIDER_MS, undefined, { signal }).catch(() => undefined)
      const live = this.things.filter(thing => thing.style === style && !thing.isEnding)
      if (live.length === 0) continue
      const thing = random.pick(live)
      const site = random.pick(SITES)
      const base = this.#mesh.pastCheops(site, style.name)
      const target = `/things/${encodeURIComponent(thing.id)}`
      const headers = { 'x-past-cheops': '1' }
      const shown = parse((await request(base, { method: 'GET', target, headers })).text)
      const isShown = (field: string): boolean => shown[field] !== undefined
      thing.changedPastCheopsAt.add(site)
      if (!FIELDS.some(isShown) || random.chance(0.2)) await request(base, { method: 'DELETE', target, headers })
      else {
        const field = random.pick(FIELDS)
        const body = { [field]: `${thing.id}${OUTSIDERS}${String(this.#written++)}` }
        // Where several have it, and clients have sent what only the application can say, nobody knows that no client wrote it.
        if (!isShown(field))
          thing.model.add({ kind: 'merge', site, sentAt: performance.now(), fields: body, doneAt: undefined })
        await request(base, { method: 'PATCH', target, body, headers })
      }
    }
  }
}

/** Whether a value was written past Cheops. */
export function isOutsiders(value: string | undefined): boolean {
  return value?.includes(OUTSIDERS) === true
}

/** Whether a client may be told this while nothing is wrong. */
function isExpected(
  { fails, strict, laterMs, put, outsider }: Style,
  method: string,
  answer: Answer,
  thing: Thing | undefined,
  from: number,
): boolean {
  const { status, headers } = answer
  const isNew = thing !== undefined && from - thing.createdAt < COMES_MS
  const isEnding = thing === undefined || thing.isEnding || thing.model.writes.some(({ kind }) => kind === 'delete')
  if (status >= 200 && status < 300) {
    // A write that is not replicated would be lost for all but one site.
    const isLocal = method !== 'GET' && headers.get('cheops-operation') === null
    return !isLocal || isEnding
  }
  // A member whose application has refused the create tries again after a while only.
  if (status === 404)
    return isNew || isEnding || outsider === true || fails !== undefined || thing.model.presence() !== 'yes'
  if (status === 409) return method === 'POST' && (isEnding || thing.model.writes.length > 1)
  if (status === 412) return strict === true
  if (status === 423)
    return isNew || isEnding || fails !== undefined || laterMs !== undefined || (outsider === true && put !== 'creates')
  // A lane waits for each change before the next, and a client that has seen the last one for all of them.
  if (laterMs !== undefined && answer.label === '503 ERR_CONTEXT_UNSETTLED') return true
  return fails !== undefined && status >= 500
}

/** Not looked up elsewhere. */
const isFrom = ({ headers }: Answer, site: SiteName): boolean => (headers.get('cheops-site') ?? site) === site

/** Percent-encoded as it must be, and some letters that need not be. */
function spell(id: string, { spelt }: Style, random: SeededRandom): string {
  const plain = encodeURIComponent(id)
  if (spelt !== true) return plain
  return Array.from(plain)
    .map((letter, place) =>
      /[a-z]/.test(letter) && plain[place - 1] !== '%' && plain[place - 2] !== '%' && random.chance(0.1)
        ? `%${letter.charCodeAt(0).toString(16)}`
        : letter,
    )
    .join('')
}

export function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

export async function request(base: string | undefined, { method, target, body, headers }: Sent): Promise<Answer> {
  try {
    if (base === undefined) throw new Error('down')
    const answer = await fetch(`${base}${target}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await answer.text()
    const { code } = answer.status >= 400 ? parse(text) : {}
    return {
      status: answer.status,
      label: `${String(answer.status)}${typeof code === 'string' ? ` ${code}` : ''}`,
      headers: answer.headers,
      text,
    }
  } catch (error) {
    const { name, cause } = error as Error
    const code = (cause as { code?: unknown } | undefined)?.code
    const label =
      name === 'TimeoutError' ? 'no answer in time' : typeof code === 'string' ? code : (error as Error).message
    return { status: 0, label, headers: new Headers(), text: String(error) }
  }
}
