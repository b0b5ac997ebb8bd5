import { isSuccess } from '../core/resource/success.ts'
import { nearestName } from '../core/scope/index.ts'
import type { GlueDefinition, KindDefinition } from './definition.ts'
import { absenceRule } from './errors.ts'
import type { Answer } from './instance-request.ts'
import type { Finding, Locate } from './parse.ts'
import { pointerGet, pointerSet } from './pointer.ts'
import { createProbe, nameOfProbe, type MadeProbe } from './probe-creation.ts'
import { deletedRule, looksOwn, unsaid } from './probe-fields.ts'
import { tryPut } from './probe-put.ts'
import { ProbeUpdate } from './probe-update.ts'
import { ProbedKind, acceptHint, detailOf, type AgainstOptions, type ProbeStep } from './probed-kind.ts'
import { compileTemplate, encodeSegment, expandTemplate } from './template.ts'
import { traitsOf } from './traits.ts'

/**
 * Tries a definition on a running instance: creates, reads, lists, updates and deletes a probe of each kind, and says
 * where the application does something else than the definition says. The probe is removed whatever happens; what cannot
 * be removed is named. Never throws.
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
    if (options.kinds?.includes(name) === false) continue
    const given = filled(kind, options.variables ?? {})
    const probed = new ProbedKind(name, given, definition['agent-headers'], url, locate, options)
    await new Probe(probed).run()
    findings.push(...probed.findings)
    steps.push(...probed.steps)
  }
  if (steps.length === 0 && !findings.some(({ severity }) => severity === 'error'))
    findings.push({ severity: 'error', line: 0, column: 0, path: '', message: NOTHING_TRIED, suggestion: undefined })
  return { findings, steps }
}

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
    let removed = false
    try {
      await this.#read(created)
      await this.#readEncoded(created.id)
      await this.#list(created.id)
      await this.#updates.run(created.path)
      removed = await this.#delete(created.path)
      if (removed) removed = !(await tryPut(this.#probed, created.path, this.#updates.taken))
      // Applications with real folders have one more now, by a name that nobody else has.
      if (created.id.startsWith(`${this.#probed.own}/`))
        await this.#probed.send('delete', 'DELETE', `${this.#probed.pathOf(this.#probed.own)}/`, undefined, () => true)
    } finally {
      if (!removed) {
        const again = await this.#probed.send('delete', 'DELETE', created.path, undefined, isGone)
        if (again === undefined || !isGone(again.status)) {
          this.#probed.say(
            'error',
            [],
            `the probe could not be removed; delete it yourself: DELETE ${this.#probed.url}${created.path}`,
          )
        }
      }
    }
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
    return true
  }

  /** The application has its resources at paths that end in a slash, and sends who asks for others there: it does so for no change. */
  #isSentToSlash({ status, location }: Answer): boolean {
    const { collection, resource } = this.#kind
    const isSent = status >= 300 && status < 400 && location !== null && !resource.endsWith('/')
    if (!isSent || !new URL(location, this.#probed.url).pathname.endsWith(`${nameOfProbe(this.#probed)}/`)) return false
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

  async #read({ path, id, asked }: MadeProbe): Promise<void> {
    const created = this.#probed.steps.findLast(({ step }) => step === 'create')?.status
    const first = await this.#probed.send('read', 'GET', path, undefined)
    const isMissing = first?.status === 404 || first?.status === 410
    const late = isMissing && (await this.#probed.later(path, created, isSuccess, 'what was created is shown'))
    const answer = late || first
    if (answer !== undefined && !isSuccess(answer.status)) {
      const message = `what was just created is answered ${answer.status} at ${path}${acceptHint(answer)}`
      return this.#probed.say('error', ['resource'], message)
    }
    if (answer === undefined) return
    this.#findOwn(answer)
    const { marker, example = {} } = this.#kind
    const [idAt = '/id'] = traitsOf(this.#kind).idAt
    // What was sent has a frame of its own, where both have one.
    this.#probed.findFrame(answer, typeof example === 'string' ? undefined : pointerSet(example, idAt, id))
    if (marker === undefined || pointerGet(this.#probed.shown(answer), marker.at) === asked) return
    const message = `the application does not keep what a create has at "${marker.at}": nobody finds its effect by it`
    this.#probed.say('error', ['marker', 'at'], message)
  }

  /** What each instance sets for itself is compared as all else is, unless the definition says so: replicas would be shown to differ. */
  #findOwn(answer: Answer): void {
    const shown = this.#probed.shown(answer)
    const own = unsaid(this.#kind, shown).filter(at => looksOwn(pointerGet(shown, at)))
    if (own.length === 0 || this.#kind.compare === 'written') return
    const message = `what nobody has written is shown at ${own.join(', ')}: what the application sets by itself belongs into server-set (or links), else replicas are shown to differ; or write compare: written`
    this.#probed.say('warning', ['server-set'], message)
  }

  async #list(id: string): Promise<void> {
    const { collection } = this.#kind
    let answer = await this.#probed.send('list', 'GET', collection, undefined, status => status < 400)
    // To requests the slash at the end makes no difference; to servers of files it does.
    if (answer?.location?.endsWith(`${collection}/`) === true)
      answer = await this.#probed.send('list', 'GET', `${collection}/`, undefined)
    if (answer === undefined) return
    if (!isSuccess(answer.status))
      return this.#probed.say('error', ['collection'], `the list is answered ${answer.status}`)
    const items = this.#kind.list?.items
    if (items === undefined) return
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
  }

  async #delete(path: string): Promise<boolean> {
    const current = await this.#probed.send('read', 'GET', path, undefined)
    const meaning = current === undefined ? {} : this.#updates.meaning(current)
    const answer = await this.#updates.change('delete', 'DELETE', path, undefined, isSuccess, meaning)
    if (answer === undefined) return false
    if (!isSuccess(answer.status)) {
      this.#probed.say('error', ['resource'], `a delete is answered ${answer.status}${detailOf(answer)}`)
      return false
    }
    const after = await this.#probed.send('read', 'GET', path, undefined, isGone)
    const isThere = after !== undefined && isSuccess(after.status)
    const { status } = answer
    if (isThere && !(await this.#probed.later(path, status, gone => !isSuccess(gone), 'what was deleted is gone'))) {
      const rule = deletedRule(current?.body, after.body)
      const advice =
        rule === undefined
          ? 'deletion may take a while here'
          : `if that is how it is shown then, write errors: [${rule}]`
      this.#probed.say('warning', [], `the resource can still be read after its deletion (${advice})`)
    }
    return true
  }
}

const isGone = (status: number) => isSuccess(status) || status === 404 || status === 410
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
