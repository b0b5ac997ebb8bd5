import { isSuccess } from '../core/resource/success.ts'
import { headerValue } from '../core/resource/http-head.ts'
import { pointerPart } from '../core/resource/json-pointer.ts'
import { nearestName } from '../core/scope/index.ts'
import type { GlueDefinition, KindDefinition } from './definition.ts'
import { absenceRule } from './errors.ts'
import type { Answer } from './instance-request.ts'
import type { Finding, Locate } from './parse.ts'
import { canonicalJson } from './json.ts'
import { placesIn, pointerGet, pointerSet, withoutPointers } from './pointer.ts'
import { createProbe, nameOfProbe, type MadeProbe } from './probe-creation.ts'
import { tryPut } from './probe-put.ts'
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
  /** The body that it took by PUT. */
  #taken: unknown

  constructor(probed: ProbedKind) {
    this.#probed = probed
    this.#kind = probed.kind
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
      await this.#update(created.path)
      removed = await this.#delete(created.path)
      if (removed) removed = !(await tryPut(this.#probed, created.path, this.#taken))
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
    if (answer === undefined || !isSuccess(answer.status)) return answer !== undefined
    const rule = absenceRule(answer.rawHeaders, answer.bytes, name)
    const message = `what nobody has made is answered ${answer.status}${detailOf(answer)}: say which answers mean that there is none, errors: [${rule}]`
    this.#probed.say('error', this.#kind.errors === undefined ? [] : ['errors'], message)
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
    const { marker, example = {} } = this.#kind
    const [idAt = '/id'] = traitsOf(this.#kind).idAt
    // What was sent has a frame of its own, where both have one.
    this.#probed.findFrame(answer, typeof example === 'string' ? undefined : pointerSet(example, idAt, id))
    if (marker === undefined || pointerGet(this.#probed.shown(answer), marker.at) === asked) return
    const message = `the application does not keep what a create has at "${marker.at}": nobody finds its effect by it`
    this.#probed.say('error', ['marker', 'at'], message)
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

  async #update(path: string): Promise<void> {
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
    const put = await this.#probed.send('update', 'PUT', path, body, isTried, this.#meaning(current))
    if (put !== undefined && isSuccess(put.status)) this.#taken = body
    if (put !== undefined && isSuccess(put.status) && typeof body === 'object') return this.#leaveOut(path, body)
    if (put === undefined || isSuccess(put.status)) return
    const isImmutable = this.#kind.immutable === true
    const patch = await this.#patch(path, current)
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

  /** A PATCH that changes nothing, as a merge patch and as plain JSON: some know one of these only. */
  async #patch(path: string, current: Answer): Promise<Answer | undefined> {
    const isTried = (status: number): boolean => status < 500
    const merge = 'application/merge-patch+json'
    const patch = await this.#probed.send('update', 'PATCH', path, {}, isTried, this.#meaning(current), merge)
    const isUnread = patch !== undefined && [400, 415, 422].includes(patch.status)
    return isUnread ? this.#probed.send('update', 'PATCH', path, {}, isTried, this.#meaning(current)) : patch
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
      const answer = await this.#probed.send('update', 'PUT', path, rest, () => true, this.#meaning(current))
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

  /** The version that is meant, for an application that wants to be told. */
  #meaning({ rawHeaders }: Answer): Readonly<Record<string, string>> {
    const tag = headerValue(rawHeaders, 'etag')
    return traitsOf(this.#kind).conditions.in !== 'nothing' && tag?.startsWith('"') === true ? { 'if-match': tag } : {}
  }

  async #delete(path: string): Promise<boolean> {
    const current = await this.#probed.send('read', 'GET', path, undefined)
    const meaning = current === undefined ? {} : this.#meaning(current)
    const answer = await this.#probed.send('delete', 'DELETE', path, undefined, isSuccess, meaning)
    if (answer === undefined) return false
    if (!isSuccess(answer.status)) {
      this.#probed.say('error', ['resource'], `a delete is answered ${answer.status}${detailOf(answer)}`)
      return false
    }
    const after = await this.#probed.send('read', 'GET', path, undefined, isGone)
    const isThere = after !== undefined && isSuccess(after.status)
    const { status } = answer
    if (isThere && !(await this.#probed.later(path, status, gone => !isSuccess(gone), 'what was deleted is gone'))) {
      this.#probed.say(
        'warning',
        [],
        'the resource can still be read after its deletion (deletion may take a while here)',
      )
    }
    return true
  }
}

/** Fields of the example that are left out of a PUT, one after the other, until one is taken without. */
const MAX_LEFT_OUT = 3

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

const isGone = (status: number) => isSuccess(status) || status === 404 || status === 410
const isNotOffered = (status: number) => status === 404 || status === 405 || status === 415 || status === 501

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
