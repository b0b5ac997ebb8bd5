import { randomUUID } from 'node:crypto'
import { headerValue } from '../core/resource/http-head.ts'
import { nearestName } from '../core/scope/index.ts'
import type { GlueDefinition, KindDefinition } from './definition.ts'
import { absenceRule } from './errors.ts'
import { ask, reasonOf, type Answer } from './instance-request.ts'
import { idIn } from './naming.ts'
import type { Finding, Locate } from './parse.ts'
import { pointerGet, pointerSet, withoutPointers } from './pointer.ts'
import { compileTemplate, encodeSegment, endsInRest, expandTemplate, matchEnd, splitPath } from './template.ts'
import { traitsOf } from './traits.ts'

export interface AgainstOptions {
  /** Sent with each request: credentials of the application. */
  readonly headers?: Readonly<Record<string, string>>
  /** Names of the kinds to try, where one instance does not serve all (an application of several services). */
  readonly kinds?: readonly string[]
  /** What stands in the paths for variables other than the ID. */
  readonly variables?: Readonly<Record<string, string>>
  /** For each request. */
  readonly timeoutMs?: number
}

/** What one request of a probe was and what came of it: `POST /items` → 201. */
export interface ProbeStep {
  readonly kind: string
  readonly step: 'create' | 'read' | 'list' | 'update' | 'delete'
  readonly request: string
  readonly status: number | undefined
  readonly ok: boolean
}

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
    const probe = new Probe(name, given, definition['agent-headers'], url, locate, options)
    await probe.run()
    findings.push(...probe.findings)
    steps.push(...probe.steps)
  }
  return { findings, steps }
}

class Probe {
  readonly findings: Finding[] = []
  readonly steps: ProbeStep[] = []
  readonly #name: string
  readonly #kind: KindDefinition
  readonly #shared: GlueDefinition['agent-headers']
  readonly #url: string
  readonly #locate: Locate
  readonly #options: AgainstOptions
  readonly #own = `cheops-probe-${randomUUID().slice(0, 8)}`
  #clientId: string

  constructor(
    name: string,
    kind: KindDefinition,
    shared: GlueDefinition['agent-headers'],
    url: string,
    locate: Locate,
    options: AgainstOptions,
  ) {
    this.#name = name
    this.#kind = kind
    this.#shared = shared
    this.#url = url.replace(/\/$/, '')
    this.#locate = locate
    this.#options = options
    this.#clientId = this.#hasFolders ? `${this.#own}/probe` : this.#own
  }

  async run(): Promise<void> {
    const { collection, resource } = this.#kind
    const variables = [...compileTemplate(collection).variables, ...compileTemplate(resource).variables]
    const others = variables.filter(variable => variable !== 'id')
    if (others.length > 0) {
      const [first = ''] = others
      const why = `its paths have variables that only you can fill (${[...new Set(others)].join(', ')}): --set ${first}=VALUE`
      return this.#say('note', ['collection'], `not tried: ${why}`)
    }
    if (!(await this.#answersAbsence())) return
    let created = await this.#create()
    if (created === undefined && this.#hasFolders) created = await this.#createFlat()
    if (created === undefined) return
    let removed = false
    try {
      await this.#read(created.path)
      await this.#readEncoded(created.id)
      await this.#list(created.id)
      await this.#update(created.path)
      removed = await this.#delete(created.path)
      // Applications with real folders have one more now, by a name that nobody else has.
      if (created.id.startsWith(`${this.#own}/`))
        await this.#send('delete', 'DELETE', this.#folder, undefined, () => true)
    } finally {
      if (!removed) {
        const again = await this.#send('delete', 'DELETE', created.path, undefined, isGone)
        if (again === undefined || !isGone(again.status)) {
          this.#say(
            'error',
            [],
            `the probe could not be removed; delete it yourself: DELETE ${this.#url}${created.path}`,
          )
        }
      }
    }
  }

  /** What nobody has made must be told from what is there. False where there is no answer at all. */
  async #answersAbsence(): Promise<boolean> {
    const path = expandTemplate(compileTemplate(this.#kind.resource), new Map([['id', this.#clientId]]))
    const answer = await this.#send('read', 'GET', path, undefined, status => !isSuccess(status))
    if (answer === undefined || !isSuccess(answer.status)) return answer !== undefined
    const rule = absenceRule(answer.rawHeaders, answer.bytes, this.#clientId)
    const message = `what nobody has made is answered ${answer.status}${detailOf(answer)}: say which answers mean that there is none, errors: [${rule}]`
    this.#say('error', this.#kind.errors === undefined ? [] : ['errors'], message)
    return true
  }

  /** Path and ID of the probe, undefined when none was made. */
  async #create(): Promise<{ path: string; id: string } | undefined> {
    const template = compileTemplate(this.#kind.resource)
    const at = traitsOf(this.#kind).idAt
    const from = this.#kind.id?.from ?? 'either'
    const put = this.#kind.create?.method === 'PUT'
    const given: unknown = this.#kind.example ?? {}
    const { marker } = this.#kind
    const isText = typeof given === 'string'
    const example = marker === undefined || isText ? given : pointerSet(given, marker.at, this.#clientId)
    const withId = isText ? given : pointerSet(example, at[0] ?? '/id', this.#clientId)
    const ownPath = expandTemplate(template, new Map([['id', this.#clientId]]))
    const send = (body: unknown) =>
      this.#send('create', put ? 'PUT' : 'POST', put ? ownPath : this.#kind.collection, body)
    let answer = await send(from === 'client' && !put ? withId : example)
    // Where either may choose, some applications want an ID all the same, and others refuse one that is not in their form.
    if (from === 'either' && !put && (answer?.status === 400 || answer?.status === 422)) answer = await send(withId)
    if (answer === undefined || !isSuccess(answer.status)) {
      if (answer !== undefined) {
        const isBare = this.#kind.example === undefined && answer.status !== 406
        const hint = isBare ? '; give the kind an "example": a body that the application takes' : acceptHint(answer)
        this.#say('error', ['create'], `a create was answered ${answer.status}${detailOf(answer)}${hint}`)
      }
      // Nobody knows what a broken answer leaves behind; with an ID of our own it can be looked for.
      if (answer === undefined && (put || from === 'client')) return { path: ownPath, id: this.#clientId }
      return undefined
    }
    if (put) return { path: ownPath, id: this.#clientId }
    return this.#identify(answer, at, from)
  }

  get #hasFolders(): boolean {
    return endsInRest(compileTemplate(this.#kind.resource))
  }

  /** Path of the folder that the probe stands in. */
  get #folder(): string {
    return `${expandTemplate(compileTemplate(this.#kind.resource), new Map([['id', this.#own]]))}/`
  }

  /** Where a folder has to be there before something is made in it: the same without one. */
  async #createFlat(): Promise<{ path: string; id: string } | undefined> {
    const refused = this.findings.pop()
    this.#clientId = this.#own
    const created = await this.#create()
    if (created === undefined) return undefined
    const message = `what stands in a folder that is not there cannot be made${refused === undefined ? '' : ` (${refused.message})`}: make folders at each site first, or let the application make them`
    this.#say('warning', ['resource'], message)
    return created
  }

  /** Cheops takes both for one name. */
  async #readEncoded(id: string): Promise<void> {
    if (!this.#hasFolders || !id.includes('/')) return
    const template = compileTemplate(this.#kind.resource)
    const path = expandTemplate(template, new Map([['id', 'x']])).slice(0, -1) + encodeSegment(id)
    const answer = await this.#send('read', 'GET', path, undefined, () => true)
    if (answer === undefined || isSuccess(answer.status)) return
    const message = `an encoded slash is none for the application (${answer.status}), and one for Cheops: clients must not write it`
    this.#say('note', ['resource'], message)
  }

  #identify(answer: Answer, at: readonly string[], from: string): { path: string; id: string } | undefined {
    const template = compileTemplate(this.#kind.resource)
    const found = idIn(answer.body, at)
    const inBody = found.is === 'id' ? found.id : undefined
    const inLocation =
      answer.location === null
        ? undefined
        : matchEnd(template, splitPath(new URL(answer.location, `${this.#url}/`).pathname, 256).decoded)?.get('id')
    const places = at.join('" or "')
    const id = inBody ?? inLocation
    if (from === 'client') {
      if (id !== undefined && id !== this.#clientId) {
        this.#say(
          'error',
          ['id', 'from'],
          `the application chose the ID itself ("${id}"): write from: server or from: either`,
        )
        return { path: expandTemplate(template, new Map([['id', id]])), id }
      }
      return { path: expandTemplate(template, new Map([['id', this.#clientId]])), id: this.#clientId }
    }
    if (id === undefined) {
      const message = `the answer to the create has no ID at "${places}" and no Location; a probe may be left at ${this.#url}${this.#kind.collection}`
      this.#say('error', ['id', 'at'], message)
      return undefined
    }
    if (inBody === undefined) {
      this.#say('warning', ['id', 'at'], `the answer to the create has no ID at "${places}"; Location has it`)
    }
    return { path: expandTemplate(template, new Map([['id', id]])), id }
  }

  async #read(path: string): Promise<void> {
    const answer = await this.#send('read', 'GET', path, undefined)
    if (answer !== undefined && !isSuccess(answer.status)) {
      const message = `what was just created is answered ${answer.status} at ${path}${acceptHint(answer)}`
      return this.#say('error', ['resource'], message)
    }
    const { marker } = this.#kind
    if (answer === undefined || marker === undefined || pointerGet(answer.body, marker.at) === this.#clientId) return
    const message = `the application does not keep what a create has at "${marker.at}": nobody finds its effect by it`
    this.#say('error', ['marker', 'at'], message)
  }

  async #list(id: string): Promise<void> {
    const { collection } = this.#kind
    let answer = await this.#send('list', 'GET', collection, undefined, status => status < 400)
    // To requests the slash at the end makes no difference; to servers of files it does.
    if (answer?.location?.endsWith(`${collection}/`) === true)
      answer = await this.#send('list', 'GET', `${collection}/`, undefined)
    if (answer === undefined) return
    if (!isSuccess(answer.status)) return this.#say('error', ['collection'], `the list is answered ${answer.status}`)
    const items = this.#kind.list?.items
    if (items === undefined) return
    const array = pointerGet(answer.body, items)
    if (!Array.isArray(array)) {
      this.#say('error', ['list', 'items'], `the list has no array at "${items}"${arrayHint(answer.body)}`)
    } else if (this.#kind.list?.next === undefined && !JSON.stringify(array).includes(JSON.stringify(id))) {
      this.#say(
        'warning',
        ['list', 'items'],
        'the probe is not in the list; where lists come in parts, name the place of the continuation (next)',
      )
    }
  }

  async #update(path: string): Promise<void> {
    const current = await this.#send('read', 'GET', path, undefined)
    if (current === undefined || !isSuccess(current.status)) return
    const { conditions } = traitsOf(this.#kind)
    // What says which version is meant is said of the present one.
    const kept = conditions.in === 'body' ? conditions.at : []
    const own = (this.#kind['server-set'] ?? []).filter(at => !kept.includes(at))
    const body = typeof current.body === 'string' ? current.body : withoutPointers(current.body, own)
    const isTried = (status: number): boolean => isSuccess(status) || isNotOffered(status) || status === 409
    const put = await this.#send('update', 'PUT', path, body, isTried, this.#meaning(current))
    if (put === undefined || isSuccess(put.status)) return
    const isImmutable = this.#kind.immutable === true
    const patch = await this.#send('update', 'PATCH', path, {}, isTried, this.#meaning(current))
    if (patch === undefined) return
    if (!isSuccess(patch.status) && !isImmutable) {
      const advice = 'replace and merge will be refused by the application too'
      this.#say('warning', [], `neither PUT (${put.status}) nor a merge PATCH (${patch.status}) is taken: ${advice}`)
    } else if (!isImmutable) {
      const advice =
        'what two sites have written at once cannot be settled so; "immutable: true" has it deleted and made anew for that'
      this.#say('warning', [], `a PUT on what exists is answered ${put.status}: ${advice}`)
    }
  }

  /** The version that is meant, for an application that wants to be told. */
  #meaning({ rawHeaders }: Answer): Readonly<Record<string, string>> {
    const tag = headerValue(rawHeaders, 'etag')
    return traitsOf(this.#kind).conditions.in !== 'nothing' && tag?.startsWith('"') === true ? { 'if-match': tag } : {}
  }

  async #delete(path: string): Promise<boolean> {
    const current = await this.#send('read', 'GET', path, undefined)
    const meaning = current === undefined ? {} : this.#meaning(current)
    const answer = await this.#send('delete', 'DELETE', path, undefined, isSuccess, meaning)
    if (answer === undefined) return false
    if (!isSuccess(answer.status)) {
      this.#say('error', ['resource'], `a delete is answered ${answer.status}${detailOf(answer)}`)
      return false
    }
    const after = await this.#send('read', 'GET', path, undefined, isGone)
    if (after !== undefined && isSuccess(after.status)) {
      this.#say('warning', [], 'the resource can still be read after its deletion (deletion may take a while here)')
    }
    return true
  }

  /** Undefined where no answer came; that is said once for each request. */
  async #send(
    step: ProbeStep['step'],
    method: string,
    path: string,
    body: unknown,
    expected: (status: number) => boolean = isSuccess,
    conditions: Readonly<Record<string, string>> = {},
  ): Promise<Answer | undefined> {
    const request = `${method} ${path}`
    const own = Object.fromEntries(traitsOf(this.#kind, this.#shared).agentHeaders)
    const headers = { ...own, ...lowered(this.#options.headers), ...conditions }
    const { errors = [] } = this.#kind
    try {
      const answer = await ask({ method, url: this.#url + path, body, headers, errors }, this.#options.timeoutMs)
      this.steps.push({ kind: this.#name, step, request, status: answer.status, ok: expected(answer.status) })
      return answer
    } catch (error) {
      this.steps.push({ kind: this.#name, step, request, status: undefined, ok: false })
      this.#say('error', [], `${request}: no answer (${reasonOf(error)})`)
      return undefined
    }
  }

  #say(severity: Finding['severity'], keys: readonly string[], message: string): void {
    const path = ['kinds', this.#name, ...keys]
    const { line, column } = this.#locate(path, true)
    this.findings.push({ severity, line, column, path: path.join('.'), message, suggestion: undefined })
  }
}

const isSuccess = (status: number) => status >= 200 && status < 300
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

function lowered(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** The application's own words, shortened to a line. */
function detailOf(answer: Answer): string {
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  const line = text.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
  return line === '' ? '' : `: ${line}`
}

function arrayHint(body: unknown): string {
  if (Array.isArray(body)) return '; the whole body is one: write items: ""'
  const key = Object.entries(body ?? {}).find(([, value]) => Array.isArray(value))?.[0]
  return key === undefined ? '' : `; there is one at "/${key}"`
}

function acceptHint({ status }: Answer): string {
  return status === 406 ? '; say which media type it shall be: agent-headers: {accept: …}' : ''
}
