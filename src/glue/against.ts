import { isSuccess } from '../core/resource/success.ts'
import { nearestName } from '../core/scope/index.ts'
import type { GlueDefinition, KindDefinition } from './definition.ts'
import { NO_IDEA, absenceRule } from './errors.ts'
import type { Answer } from './instance-request.ts'
import type { Finding, Locate } from './parse.ts'
import { pointerGet, pointerSet } from './pointer.ts'
import { change, isAbsent, isGone, isInDoubt, meaningOf, removeProbe, sayLeft } from './probe-change.ts'
import { createProbe, makesAnother, type MadeProbe } from './probe-creation.ts'
import { deletedAdvice, looksOwn, unsaid } from './probe-fields.ts'
import { hasCome, idsIn, readList } from './probe-list.ts'
import { nameOfProbe } from './probe-name.ts'
import { tryPut } from './probe-put.ts'
import { ProbeUpdate } from './probe-update.ts'
import { ProbedKind, acceptHint, detailOf, type AgainstOptions, type ProbeStep } from './probed-kind.ts'
import { compileTemplate, encodeSegment, expandTemplate } from './template.ts'
import { traitsOf } from './traits.ts'

/**
 * Tries a definition on a running instance: creates, reads, lists, updates and deletes a probe of each kind, and says
 * where the application does something else than the definition says. Nothing is changed or deleted that is not known to have been made here. The
 * probe is removed whatever happens; what cannot be removed, or may be left, is named. Never throws.
 */
export async function probeInstance(
  definition: GlueDefinition,
  url: string,
  locate: Locate,
  options: AgainstOptions = {},
): Promise<{ findings: readonly Finding[]; steps: readonly ProbeStep[] }> {
  const findings: Finding[] = []
  const steps: ProbeStep[] = []
  const names = Object.keys(definition.kinds)
  for (const name of options.kinds ?? []) {
    if (names.includes(name)) continue
    const message = `no kind is called "${name}"; there are: ${names.join(', ')}`
    findings.push({ severity: 'error', line: 0, column: 0, path: '', message, suggestion: nearestName(name, names) })
  }
  for (const [name, kind] of Object.entries(definition.kinds)) {
    if (options.kinds?.includes(name) === false || options.interrupted?.aborted === true) continue
    const given = filled(kind, options.variables ?? {})
    const probed = new ProbedKind(name, given, definition['agent-headers'], url, locate, options)
    await new Probe(probed).run()
    findings.push(...probed.findings)
    steps.push(...probed.steps)
  }
  if (options.interrupted?.aborted === true)
    findings.push({ severity: 'error', line: 0, column: 0, path: '', message: INTERRUPTED, suggestion: undefined })
  if (steps.length === 0 && !findings.some(({ severity }) => severity === 'error'))
    findings.push({ severity: 'error', line: 0, column: 0, path: '', message: NOTHING_TRIED, suggestion: undefined })
  return { findings, steps }
}

const INTERRUPTED = 'interrupted: not all was tried; what is not named above was removed'
const NOTHING_TRIED = 'nothing was tried on the instance'

class Probe {
  readonly #probed: ProbedKind
  readonly #kind: KindDefinition
  readonly #updates: ProbeUpdate

  constructor(probed: ProbedKind) {
    this.#probed = probed
    this.#kind = probed.kind
    this.#updates = new ProbeUpdate(probed)
  }

  async run(): Promise<void> {
    const { collection, resource } = this.#kind
    const variables = [...compileTemplate(collection).variables, ...compileTemplate(resource).variables]
    const others = variables.filter(variable => variable !== 'id')
    if (others.length > 0) {
      const [first = ''] = others
      const why = `its paths have variables that only you can fill (${[...new Set(others)].join(', ')}): --set ${first}=VALUE`
      return this.#probed.say('note', ['collection'], `not tried: ${why}`)
    }
    if (!(await this.#answersAbsence())) return
    const created = await createProbe(this.#probed)
    if (created === undefined) return
    let isSure = created.isDrawn
    let removal: 'removed' | 'doubtful' | undefined
    let isShown = false
    try {
      isShown = await this.#read(created)
      await this.#readEncoded(created.id)
      const list = await this.#list(created.id)
      isSure ||= hasCome(created.id, created.before, idsIn(this.#kind, list ?? (await this.#listInterrupted())))
      const second = isSure || !created.isSaid ? 'unknown' : await makesAnother(this.#probed, created)
      isSure ||= second === 'another'
      if (!isSure) return this.#leaveAlone(created, second === 'same')
      if (this.#probed.isInterrupted) return
      await this.#updates.run(created.path, created.sent)
      removal = await this.#delete(created.path)
      if (removal === 'removed') await tryPut(this.#probed, created, this.#updates.taken)
      // Applications with real folders have one more now, by a name that nobody else has.
      if (created.id.startsWith(`${this.#probed.own}/`))
        await this.#probed.send('delete', 'DELETE', `${this.#probed.pathOf(this.#probed.own)}/`, undefined, () => true)
    } finally {
      if (isSure && removal !== 'removed') await this.#remove(created, isShown, removal === 'doubtful')
      // A deletion of what is not there may be answered with success.
      else if (isSure && !isShown) this.#sayUnfound(created)
    }
  }

  /** What was made is to be taken away, also once it was interrupted: for that one has to know that it was made. */
  async #listInterrupted(): Promise<Answer | undefined> {
    if (!this.#probed.isInterrupted) return undefined
    return this.#probed.evenInterrupted(() => readList(this.#probed, () => true))
  }

  /** What may not have been made here is neither changed nor deleted. */
  #leaveAlone({ path, id, status, sent }: MadeProbe, isMadeTwice: boolean): void {
    const isText = typeof sent === 'string' && status === 201
    const which = isText
      ? 'a create of a text that does not say where its ID stands (write {id} there)'
      : status === 201
        ? `a create that is answered 201${isMadeTwice ? ', as a second one is with the same ID,' : ''}`
        : `a create that is answered ${status} (not 201)`
    const why = `nobody can tell whether ${which} has made "${id}" or has found it`
    const what = 'nor does the list tell: it was left as it is, and no change and no deletion was tried'
    const look = `look at it, and delete it yourself where it is a probe: DELETE ${this.#probed.url}${path}`
    this.#probed.say('error', ['create'], `${why}, ${what}; ${look}`)
  }

  async #remove({ path, status, isDrawn }: MadeProbe, isShown: boolean, isDoubtful: boolean): Promise<void> {
    // An ID that the application chose may be somebody else's by now: some give one again once it is free.
    if (isDoubtful && !isDrawn) {
      const now = await this.#probed.send('read', 'GET', path, undefined, isGone)
      return isAbsent(now) ? undefined : sayLeft(this.#probed, path)
    }
    const is = await removeProbe(this.#probed, path)
    if (is === 'absent' && !isShown) this.#sayUnfound({ path, status })
  }

  #sayUnfound({ path, status }: Pick<MadeProbe, 'path' | 'status'>): void {
    const { collection } = this.#kind
    const message = `what a create has made that was answered ${status} was not found at ${path}: a probe may be left at ${this.#probed.url}${collection}`
    this.#probed.say('warning', [], message)
  }

  /** What nobody has made must be told from what is there. False where there is no answer at all. */
  async #answersAbsence(): Promise<boolean> {
    const name = nameOfProbe(this.#probed)
    const answer = await this.#probed.send(
      'read',
      'GET',
      this.#probed.pathOf(name),
      undefined,
      status => !isSuccess(status),
    )
    if (answer !== undefined && this.#isSentToSlash(answer)) return false
    if (answer === undefined || !isSuccess(answer.status)) return answer !== undefined
    const rule = absenceRule(answer.rawHeaders, answer.bytes, name)
    const message = `what nobody has made is answered ${answer.status}${detailOf(answer)}: say which answers mean that there is none, errors: [${rule}]`
    this.#probed.say('error', this.#kind.errors === undefined ? [] : ['errors'], message)
    // Else what is shown may be the user's: one thing, whatever its path ends in.
    return rule !== NO_IDEA
  }

  /** The application has its resources at paths that end in a slash, and sends who asks for others there: it does so for no change. */
  #isSentToSlash({ status, location }: Answer): boolean {
    const { collection, resource } = this.#kind
    const isSent = status >= 300 && status < 400 && location !== null && !resource.endsWith('/')
    const pathname = isSent ? URL.parse(location, this.#probed.url)?.pathname : undefined
    if (pathname?.endsWith(`${nameOfProbe(this.#probed)}/`) !== true) return false
    const paths = `collection: ${collection.replace(/\/?$/, '/')}, resource: ${resource}/`
    this.#probed.say('error', ['resource'], `a path without a slash at its end is answered ${status}: write ${paths}`)
    return true
  }

  /** Cheops takes both for one name. */
  async #readEncoded(id: string): Promise<void> {
    if (!this.#probed.hasFolders || !id.includes('/')) return
    const template = compileTemplate(this.#kind.resource)
    const path = expandTemplate(template, new Map([['id', 'x']])).slice(0, -1) + encodeSegment(id)
    const answer = await this.#probed.send('read', 'GET', path, undefined, () => true)
    if (answer === undefined || isSuccess(answer.status)) return
    const message = `an encoded slash is none for the application (${answer.status}), and one for Cheops: clients must not write it`
    this.#probed.say('note', ['resource'], message)
  }

  /** @returns whether it is shown */
  async #read({ path, id, asked, status }: MadeProbe): Promise<boolean> {
    const first = await this.#probed.send('read', 'GET', path, undefined)
    const isMissing = first?.status === 404 || first?.status === 410
    const late = isMissing && (await this.#probed.later(path, status, isSuccess, 'what was created is shown'))
    const answer = late || first
    if (answer === undefined) return false
    if (!isSuccess(answer.status)) {
      const message = `what was just created is answered ${answer.status} at ${path}${acceptHint(answer)}`
      this.#probed.say('error', ['resource'], message)
      return false
    }
    this.#findOwn(answer)
    const { marker, example = {} } = this.#kind
    const [idAt = '/id'] = traitsOf(this.#kind).idAt
    // What was sent has a frame of its own, where both have one.
    this.#probed.findFrame(answer, typeof example === 'string' ? undefined : pointerSet(example, idAt, id))
    if (marker === undefined || pointerGet(this.#probed.shown(answer), marker.at) === asked) return true
    const message = `the application does not keep what a create has at "${marker.at}": nobody finds its effect by it`
    this.#probed.say('error', ['marker', 'at'], message)
    return true
  }

  /** What each instance sets for itself is compared as all else is, unless the definition says so: replicas would be shown to differ. */
  #findOwn(answer: Answer): void {
    const shown = this.#probed.shown(answer)
    const own = unsaid(this.#kind, shown).filter(at => looksOwn(pointerGet(shown, at)))
    if (own.length === 0 || this.#kind.compare === 'written') return
    const message = `what nobody has written is shown at ${own.join(', ')}: what the application sets by itself belongs into server-set (or links), else replicas are shown to differ; or write compare: written`
    this.#probed.say('warning', ['server-set'], message)
  }

  /** @returns what the list is answered, where that is one */
  async #list(id: string): Promise<Answer | undefined> {
    const answer = await readList(this.#probed)
    if (answer === undefined) return undefined
    if (!isSuccess(answer.status)) {
      this.#probed.say('error', ['collection'], `the list is answered ${answer.status}`)
      return undefined
    }
    const items = this.#kind.list?.items
    if (items === undefined) return answer
    const array = pointerGet(answer.body, items)
    if (!Array.isArray(array)) {
      this.#probed.say('error', ['list', 'items'], `the list has no array at "${items}"${arrayHint(answer.body)}`)
    } else if (this.#kind.list?.next === undefined && !JSON.stringify(array).includes(JSON.stringify(id))) {
      this.#probed.say(
        'warning',
        ['list', 'items'],
        'the probe is not in the list; where lists come in parts, name the place of the continuation (next)',
      )
    }
    return answer
  }

  /** @returns undefined where it is refused */
  async #delete(path: string): Promise<'removed' | 'doubtful' | undefined> {
    const current = await this.#probed.send('read', 'GET', path, undefined)
    const meaning = current === undefined ? {} : meaningOf(this.#kind, current)
    const answer = await change(this.#probed, 'delete', 'DELETE', path, undefined, isSuccess, meaning)
    if (answer === undefined) return 'doubtful'
    const { status } = answer
    if (!isSuccess(status)) {
      this.#probed.say('error', ['resource'], `a delete is answered ${status}${detailOf(answer)}`)
      return isInDoubt(answer) ? 'doubtful' : undefined
    }
    const after = await this.#probed.send('read', 'GET', path, undefined, isGone)
    const isThere = after !== undefined && isSuccess(after.status)
    if (isThere && !(await this.#probed.later(path, status, gone => !isSuccess(gone), 'what was deleted is gone'))) {
      const advice = deletedAdvice(status, current?.body, after.body)
      this.#probed.say('warning', [], `the resource can still be read after its deletion (${advice})`)
    }
    return 'removed'
  }
}

/** The kind with its paths' variables replaced, as far as there are values for them. */
function filled(kind: KindDefinition, values: Readonly<Record<string, string>>): KindDefinition {
  const fill = (path: string): string =>
    Object.entries(values).reduce(
      (done, [name, value]) =>
        done
          .replaceAll(`{${name}}`, encodeSegment(value))
          .replaceAll(`{+${name}}`, value.split('/').map(encodeSegment).join('/')),
      path,
    )
  return { ...kind, collection: fill(kind.collection), resource: fill(kind.resource) }
}

function arrayHint(body: unknown): string {
  if (Array.isArray(body)) return '; the whole body is one: write items: ""'
  const key = Object.entries(body ?? {}).find(([, value]) => Array.isArray(value))?.[0]
  return key === undefined ? '' : `; there is one at "/${key}"`
}
