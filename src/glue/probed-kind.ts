import { isSuccess } from '../core/resource/success.ts'
import { randomUUID } from 'node:crypto'
import type { GlueDefinition, KindDefinition } from './definition.ts'
import { ask, reasonOf, type Answer } from './instance-request.ts'
import type { Finding, Locate } from './parse.ts'
import { frameAt } from './content.ts'
import { pointerGet } from './pointer.ts'
import { compileTemplate, endsInRest, expandTemplate } from './template.ts'
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
  /** Once it is aborted nothing more is tried, and what was made is taken away. */
  readonly interrupted?: AbortSignal
  /** Authority (PEM) of the instance's certificate; undefined: those that Node knows. */
  readonly ca?: Uint8Array
}

/** What one request of a probe was and what came of it: `POST /items` → 201. */
export interface ProbeStep {
  readonly kind: string
  readonly step: 'create' | 'read' | 'list' | 'update' | 'delete'
  readonly request: string
  readonly status: number | undefined
  readonly ok: boolean
}

/** One kind of a definition at a running instance: what it is asked, and what is said of it. */
export class ProbedKind {
  readonly findings: Finding[] = []
  readonly steps: ProbeStep[] = []
  readonly name: string
  readonly kind: KindDefinition
  /** Of the instance, without a slash at the end. */
  readonly url: string
  /** A name that nobody else gives. */
  readonly own = `cheops-probe-${randomUUID().slice(0, 8)}`
  readonly #shared: GlueDefinition['agent-headers']
  readonly #locate: Locate
  readonly #options: AgainstOptions
  /** What was made is being taken away. */
  #isRemoving = false

  constructor(
    name: string,
    kind: KindDefinition,
    shared: GlueDefinition['agent-headers'],
    url: string,
    locate: Locate,
    options: AgainstOptions,
  ) {
    this.name = name
    this.kind = kind
    this.#shared = shared
    this.url = url.replace(/\/$/, '')
    this.#locate = locate
    this.#options = options
  }

  /** Whether an ID may have slashes. */
  get hasFolders(): boolean {
    return endsInRest(compileTemplate(this.kind.resource))
  }

  pathOf(id: string): string {
    return expandTemplate(compileTemplate(this.kind.resource), new Map([['id', id]]))
  }

  /** What an answer shows of a resource, without its frame. */
  shown({ body }: Answer): unknown {
    return this.kind.content === undefined ? body : (pointerGet(body, this.kind.content) ?? body)
  }

  /**
   * Says that the application shows what it takes in a frame, where the definition does not.
   * @param written what was sent, its ID and all
   */
  findFrame(answer: Answer, written: unknown): boolean {
    const at = this.kind.content === undefined ? frameAt(answer.body, written) : undefined
    if (at === undefined) return false
    this.say('error', [], `what is taken as it is, is shown in a frame: write content: ${at}`)
    return true
  }

  get isInterrupted(): boolean {
    return this.#options.interrupted?.aborted === true
  }

  /** What it asks is asked also once it was interrupted: what was made is taken away by it. */
  async evenInterrupted<T>(removes: () => Promise<T>): Promise<T> {
    this.#isRemoving = true
    try {
      return await removes()
    } finally {
      this.#isRemoving = false
    }
  }

  /** Undefined where no answer came; that is said once for each request. Likewise of what is not asked any more. */
  async send(
    step: ProbeStep['step'],
    method: string,
    path: string,
    body: unknown,
    expected: (status: number) => boolean = isSuccess,
    conditions: Readonly<Record<string, string>> = {},
    type?: string,
  ): Promise<Answer | undefined> {
    const request = `${method} ${path}`
    if (this.isInterrupted && !this.#isRemoving && step !== 'delete') return undefined
    const own = Object.fromEntries(traitsOf(this.kind, this.#shared).agentHeaders)
    const headers = { ...own, ...lowered(this.#options.headers), ...conditions }
    const { errors = [] } = this.kind
    try {
      const { ca, timeoutMs } = this.#options
      const answer = await ask({ method, url: this.url + path, body, headers, type, errors, ca }, timeoutMs)
      this.steps.push({ kind: this.name, step, request, status: answer.status, ok: expected(answer.status) })
      return answer
    } catch (error) {
      this.steps.push({ kind: this.name, step, request, status: undefined, ok: false })
      this.say('error', [], `${request}: no answer (${reasonOf(error)})`)
      return undefined
    }
  }

  /**
   * Reads a path until the answer is as wanted: what the application has answered with success may come later. Says what the definition has to say of that.
   * @param answered status of that answer
   * @param isWanted of the status that a read is answered
   * @param what a part of a sentence: "what was created is shown"
   * @returns the first answer that is, undefined where none was in time
   */
  async later(
    path: string,
    answered: number | undefined,
    isWanted: (status: number) => boolean,
    what: string,
  ): Promise<Answer | undefined> {
    const within = this.kind['settle-within']
    const began = performance.now()
    const answer = await this.until(path, isWanted, answered === 202 ? MAX_LATER_MS : LATER_MS)
    if (answer !== undefined && within === undefined) {
      const seconds = (performance.now() - began) / 1_000
      const advice = `write settle-within: ${Math.max(10, Math.ceil(seconds * 3))}, or what it may take at most`
      this.say('warning', [], `${what} ${seconds.toFixed(1)} s after the answer: ${advice}`)
    }
    return answer
  }

  /**
   * The same, and says nothing.
   * @param unsaidMs how long it is looked where the definition does not say, milliseconds
   */
  async until(
    path: string,
    isWanted: (status: number) => boolean,
    unsaidMs: number = LATER_MS,
  ): Promise<Answer | undefined> {
    const { 'settle-within': within, errors = [] } = this.kind
    const began = performance.now()
    const headers = {
      ...Object.fromEntries(traitsOf(this.kind, this.#shared).agentHeaders),
      ...lowered(this.#options.headers),
    }
    const untilMs = within === undefined ? unsaidMs : within * 1_000
    while (performance.now() - began < untilMs && !this.isInterrupted) {
      await new Promise(resolve => setTimeout(resolve, LOOK_MS))
      const asked = { method: 'GET', url: this.url + path, body: undefined, headers, errors, ca: this.#options.ca }
      const answer = await ask(asked, this.#options.timeoutMs).catch(() => undefined)
      if (answer !== undefined && isWanted(answer.status)) return answer
    }
    return undefined
  }

  /** @param keys where in the kind's definition */
  say(severity: Finding['severity'], keys: readonly string[], message: string): void {
    const path = ['kinds', this.name, ...keys]
    const { line, column } = this.#locate(path, true)
    const at = path.join('.')
    // What is asked twice may be answered twice.
    if (this.findings.some(found => found.path === at && found.message === message)) return
    this.findings.push({ severity, line, column, path: at, message, suggestion: undefined })
  }
}

/** How long it is looked, milliseconds, where the definition does not say: after 202, and after any other success; and how often. */
const MAX_LATER_MS = 60_000
const LATER_MS = 5_000
const LOOK_MS = 100

function lowered(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** The application's own words, shortened to a line. */
export function detailOf(answer: Answer): string {
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  const line = text.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
  return line === '' ? '' : `: ${line}`
}

/** What may help where no media type was right. */
export function acceptHint({ status }: Answer): string {
  return status === 406 ? '; say which media type it shall be: agent-headers: {accept: …}' : ''
}
