import { setTimeout as pause } from 'node:timers/promises'
import { send, type Answer, type Ask } from './client.ts'
import type { CommandStep, EventStep, Exchange, Expectation, Step } from './steps.ts'

/** The mesh that a tour goes through, whatever its sites are made of. */
export interface World {
  /** Base URL of a service at a site's agent, without a slash at the end. */
  readonly url: (site: string, service: string) => string
  /** Does something to a site. @returns what was done, in a few words */
  readonly act: (kind: EventStep['kind'], site: string) => Promise<string>
  /** `cheops …` at the agent of a site. */
  readonly command: (site: string, argv: readonly string[]) => Promise<Said>
}

/** What a command has printed, and its exit code. */
export interface Said {
  readonly code: number
  readonly output: string
}

export interface ExchangeResult {
  readonly ask: Ask
  readonly url: string
  /** Undefined when there was none; `wrong` says why. */
  readonly answer: Answer | undefined
  /** Each expectation that did not hold, in a sentence. Empty: all is as it must be. */
  readonly wrong: readonly string[]
}

export interface StepResult {
  readonly title: string
  readonly ok: boolean
  readonly ms: number
  readonly exchanges: readonly ExchangeResult[]
  /** What was done to a site, or why it could not be done. */
  readonly note: string | undefined
  /** The command that was typed, and what it has said. */
  readonly command?: { readonly line: string; readonly output: string; readonly wrong: readonly string[] }
}

/** Between two looks at something that takes a while. */
const AGAIN_MS = 200

/**
 * Runs steps one after the other; a step that fails does not end the tour, since the following ones say more about why.
 * @param options.onStep called after each step
 * @param options.signal ends the tour before the next step
 */
export async function runTour(
  steps: readonly Step[],
  world: World,
  options: { readonly onStep?: (result: StepResult, number: number) => void; readonly signal?: AbortSignal } = {},
): Promise<readonly StepResult[]> {
  const results: StepResult[] = []
  let said = ''
  for (const step of steps) {
    options.signal?.throwIfAborted()
    const result = await runStep(step, world, said, options.signal)
    said = result.command?.output ?? said
    results.push(result)
    options.onStep?.(result, results.length)
  }
  return results
}

/** @param said what the last command has printed */
async function runStep(step: Step, world: World, said: string, signal: AbortSignal | undefined): Promise<StepResult> {
  const begin = performance.now()
  const took = (): number => Math.round(performance.now() - begin)
  if (step.kind === 'command') {
    const command = await untilSaid(step, world, said, begin + (step.withinMs ?? 0), signal)
    return { title: step.title, ok: command.wrong.length === 0, ms: took(), exchanges: [], note: undefined, command }
  }
  if (step.kind !== 'ask') {
    try {
      const note = await world.act(step.kind, step.site)
      return { title: step.title, ok: true, ms: took(), exchanges: [], note }
    } catch (error) {
      return { title: step.title, ok: false, ms: took(), exchanges: [], note: messageOf(error) }
    }
  }
  const deadline = begin + (step.withinMs ?? 0)
  const exchanges = await Promise.all(step.exchanges.map(exchange => untilRight(exchange, world, deadline, signal)))
  const ok = exchanges.every(({ wrong }) => wrong.length === 0)
  return { title: step.title, ok, ms: took(), exchanges, note: undefined }
}

async function untilSaid(
  { site, argv, code = 0, mentions }: CommandStep,
  world: World,
  said: string,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<NonNullable<StepResult['command']>> {
  const words = typeof argv === 'function' ? argv(said) : argv
  const line = `cheops ${words.join(' ')}`
  for (;;) {
    const wrong: string[] = []
    let output = ''
    try {
      const answer = await world.command(site, words)
      output = answer.output
      if (answer.code !== code) wrong.push(`exit code ${answer.code}, expected ${code}`)
      if (!output.includes(mentions)) wrong.push(`it does not mention "${mentions}"`)
    } catch (error) {
      wrong.push(`it did not run: ${messageOf(error)}`)
    }
    if (wrong.length === 0 || performance.now() + AGAIN_MS >= deadline) return { line, output, wrong }
    await pause(AGAIN_MS, undefined, signal === undefined ? {} : { signal })
  }
}

async function untilRight(
  exchange: Exchange,
  world: World,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<ExchangeResult> {
  const { ask, expect } = exchange
  const url = world.url(ask.at, ask.service)
  for (;;) {
    let answer: Answer | undefined
    let wrong: readonly string[]
    try {
      answer = await send(url, ask)
      wrong = compare(expect, answer)
    } catch (error) {
      wrong = [`no answer: ${messageOf(error)}`]
    }
    const result = { ask, url, answer, wrong }
    // What may change something is never sent a second time.
    if (wrong.length === 0 || ask.method !== 'GET' || performance.now() + AGAIN_MS >= deadline) return result
    await pause(AGAIN_MS, undefined, signal === undefined ? {} : { signal })
  }
}

/** Each expectation that an answer does not meet, in a sentence. */
export function compare(expect: Expectation, answer: Answer): readonly string[] {
  const wrong: string[] = []
  if (answer.status !== expect.status) wrong.push(`status ${answer.status}, expected ${expect.status}`)
  const site = answer.headers['cheops-site']
  if (expect.site !== undefined && site !== expect.site) {
    wrong.push(`Cheops-Site is ${site ?? 'missing'}, expected ${expect.site}`)
  }
  if (expect.code !== undefined) {
    const code = isObject(answer.body) ? answer.body['code'] : undefined
    if (code !== expect.code) wrong.push(`code is ${shown(code)}, expected ${expect.code}`)
    const type = answer.headers['content-type'] ?? 'missing'
    if (!type.startsWith('application/problem+json')) {
      wrong.push(`Content-Type is ${type}, expected application/problem+json`)
    }
  }
  if (expect.mentions !== undefined && !textOf(answer.body).includes(expect.mentions)) {
    wrong.push(`the body does not mention "${expect.mentions}"`)
  }
  if (expect.length !== undefined) {
    const length = Array.isArray(answer.body) ? answer.body.length : undefined
    if (length !== expect.length) wrong.push(`the list has ${shown(length)} entries, expected ${expect.length}`)
  }
  if (expect.body !== undefined) wrong.push(...compareMembers('', expect.body, answer.body))
  return wrong
}

function compareMembers(path: string, expected: unknown, got: unknown): readonly string[] {
  if (isObject(expected) && isObject(got)) {
    return Object.entries(expected).flatMap(([key, value]) => compareMembers(`${path}/${key}`, value, got[key]))
  }
  if (JSON.stringify(expected) === JSON.stringify(got)) return []
  return [`${path === '' ? 'the body' : path} is ${shown(got)}, expected ${shown(expected)}`]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body))
const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value))
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
