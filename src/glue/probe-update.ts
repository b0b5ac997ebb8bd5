import { pointerPart } from '../core/resource/json-pointer.ts'
import { isSuccess } from '../core/resource/success.ts'
import type { KindDefinition } from './definition.ts'
import type { Answer } from './instance-request.ts'
import { canonicalJson } from './json.ts'
import { placesIn, pointerGet, pointerSet, withoutPointers } from './pointer.ts'
import { change, meaningOf } from './probe-change.ts'
import { unsaidWithin } from './probe-fields.ts'
import type { ProbedKind } from './probed-kind.ts'
import { traitsOf } from './traits.ts'

/** How a probe can be changed: by PUT or PATCH, what a PUT takes away, and which fields it does not take back. */
export class ProbeUpdate {
  /** The body that it took by PUT. */
  taken: unknown
  readonly #probed: ProbedKind
  readonly #kind: KindDefinition

  constructor(probed: ProbedKind) {
    this.#probed = probed
    this.#kind = probed.kind
  }

  /** @param sent the body of its create: what the example says, with the probe's own ID */
  async run(path: string, sent: unknown): Promise<void> {
    const current = await this.#probed.send('read', 'GET', path, undefined)
    if (current === undefined || !isSuccess(current.status)) return
    const { conditions } = traitsOf(this.#kind)
    // What says which version is meant is said of the present one.
    const kept = conditions.in === 'body' ? conditions.at : []
    const own = (this.#kind['server-set'] ?? []).filter(at => !kept.includes(at))
    const shown = this.#probed.shown(current)
    const { example } = this.#kind
    // What takes a text may show something else (of a policy also what was read out of it): then clients send a text again.
    const text = typeof shown === 'string' ? shown : typeof example === 'string' ? example : undefined
    const body =
      text ??
      withoutPointers(
        shown,
        own.flatMap(at => placesIn(shown, at)),
      )
    const isTried = (status: number): boolean => isSuccess(status) || isNotOffered(status) || status === 409
    const put = await change(this.#probed, 'update', 'PUT', path, body, isTried, meaningOf(this.#kind, current))
    if (put !== undefined && isSuccess(put.status)) this.taken = body
    if (put !== undefined && isSuccess(put.status) && typeof body === 'object') return this.#leaveOut(path, body)
    if (put === undefined || isSuccess(put.status)) return
    if (!isNotOffered(put.status) && (await this.#findRefused(path, current, sent))) return
    const isImmutable = this.#kind.immutable === true
    const patch = await this.#patch(path, current, body)
    if (patch === undefined) return
    if (!isSuccess(patch.status) && !isImmutable) {
      const advice = 'replace and merge will be refused by the application too'
      this.#probed.say('warning', [], `neither PUT (${put.status}) nor PATCH (${patch.status}) is taken: ${advice}`)
    } else if (!isImmutable) {
      const advice =
        'what two sites have written at once cannot be settled so; "immutable: true" has it deleted and made anew for that'
      this.#probed.say('warning', [], `a PUT on what exists is answered ${put.status}: ${advice}`)
    }
  }

  /**
   * A PUT of what is shown is refused: perhaps for what the application has set by itself, which a PUT of what was sent does not have.
   * @returns whether the example is taken, which is said
   */
  async #findRefused(path: string, current: Answer, sent: unknown): Promise<boolean> {
    const shown = this.#probed.shown(current)
    const others = unsaidWithin(this.#kind, shown)
    if (typeof sent !== 'object' || others.size === 0) return false
    const ids = traitsOf(this.#kind).idAt.filter(at => pointerGet(shown, at) !== undefined)
    const written = ids.reduce<unknown>((body, at) => pointerSet(body, at, pointerGet(shown, at)), sent)
    const put = async (body: unknown): Promise<boolean> => {
      const now = await this.#probed.send('read', 'GET', path, undefined)
      if (now === undefined || !isSuccess(now.status)) return false
      const said = withVersions(body, this.#probed.shown(now), this.#kind)
      const meaning = meaningOf(this.#kind, now)
      const answer = await change(this.#probed, 'update', 'PUT', path, said, () => true, meaning)
      return answer !== undefined && isSuccess(answer.status)
    }
    if (!(await put(written))) return false
    this.taken = written
    // What is copied there is only what was written.
    if (this.#kind.compare === 'written') return true
    const refused: string[] = []
    for (const [name, places] of [...others].slice(0, MAX_TRIED)) {
      const tried = places.reduce((body, at) => pointerSet(body, at, pointerGet(shown, at)), written)
      if (!(await put(tried))) refused.push(name)
    }
    const found =
      refused.length > 0
        ? `taken without ${refused.join(', ')}`
        : 'one of the example is taken, and none of the fields besides that were tried alone is what is refused'
    const message = `a PUT of what is shown is refused, and ${found}: name in server-set what the application sets by itself, else no replica can be repaired`
    this.#probed.say('warning', ['server-set'], message)
    return true
  }

  /**
   * A PATCH that changes nothing, as a merge patch and as plain JSON: some know one of these only, and some take none that does not say all of it.
   * @param whole what it shows, less what it sets by itself
   */
  async #patch(path: string, current: Answer, whole: unknown): Promise<Answer | undefined> {
    const isTried = (status: number): boolean => status < 500
    const send = (body: unknown, type?: string): Promise<Answer | undefined> =>
      this.#probed.send('update', 'PATCH', path, body, isTried, meaningOf(this.#kind, current), type)
    let patch = await send({}, 'application/merge-patch+json')
    for (const body of [{}, whole]) {
      const isUnread = patch !== undefined && [400, 415, 422].includes(patch.status)
      if (isUnread && typeof body === 'object') patch = await send(body)
    }
    return patch
  }

  /** A PUT that leaves out a field of the example: whether the application takes that away, or keeps it. */
  async #leaveOut(path: string, body: unknown): Promise<void> {
    const { example, put = 'replaces', marker, 'server-set': own = [] } = this.#kind
    const { idAt, conditions } = traitsOf(this.#kind)
    const needed = [...idAt, ...own, ...(conditions.in === 'body' ? conditions.at : []), marker?.at ?? '']
    const tops = new Set(needed.map(at => at.split('/')[1]))
    const given = typeof example === 'object' ? Object.entries(example) : []
    const fields = given.filter(([name, value]) => !tops.has(name) && isEqual(pointerGet(body, pointerTo(name)), value))
    for (const [name, value] of fields.slice(0, MAX_LEFT_OUT)) {
      const current = await this.#probed.send('read', 'GET', path, undefined)
      if (current === undefined || !isSuccess(current.status)) return
      const rest = withoutPointers(withVersions(body, this.#probed.shown(current), this.#kind), [pointerTo(name)])
      const answer = await this.#probed.send('update', 'PUT', path, rest, () => true, meaningOf(this.#kind, current))
      if (answer === undefined) return
      // It may be one that each PUT has to say.
      if (!isSuccess(answer.status)) continue
      const after = await this.#probed.send('read', 'GET', path, undefined)
      if (after === undefined || !isSuccess(after.status)) return
      const isKept = isEqual(pointerGet(this.#probed.shown(after), pointerTo(name)), value)
      if (isKept && put === 'replaces')
        this.#probed.say(
          'warning',
          [],
          `a PUT without "${pointerTo(name)}" leaves it as it was: write "put: merges", else a member that loses the resource loses what PUTs did not name`,
        )
      else if (!isKept && put === 'merges')
        this.#probed.say(
          'error',
          ['put'],
          `a PUT without "${pointerTo(name)}" takes it away: it replaces, and does not merge`,
        )
      return
    }
  }
}

/** Fields of the example that are left out of a PUT, one after the other, until one is taken without. */
const MAX_LEFT_OUT = 3

/** Fields that are tried, one by one, in a PUT that was refused with all of them. */
const MAX_TRIED = 16

const pointerTo = (name: string): string => `/${pointerPart(name)}`
const isEqual = (a: unknown, b: unknown): boolean => a !== undefined && canonicalJson(a) === canonicalJson(b)

/** With the versions that the application shows now, where bodies say them. */
function withVersions(body: unknown, shown: unknown, kind: KindDefinition): unknown {
  const { conditions } = traitsOf(kind)
  if (conditions.in !== 'body') return body
  return conditions.at.reduce((said, at) => {
    const version = pointerGet(shown, at)
    return version === undefined ? said : pointerSet(said, at, version)
  }, body)
}

const isNotOffered = (status: number) => status === 404 || status === 405 || status === 415 || status === 501
