/**
 * Shows that the rules of the project are really on: each forbidden thing is planted in a copy of the layout, and its rule must refuse it;
 * what one writes instead passes without a finding. So a rule that an upgrade of the linter renames or drops is noticed.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { lintPlanted } from './planted-tree.ts'
import type { Finding } from './planted-tree.ts'

type Case = { readonly folder: string; readonly code: string; readonly rule: string }

const CORE = 'src/core/scope'
const RUNTIME = 'src/runtime'
const GLOBALS = 'eslint(no-restricted-globals)'
const PROPERTIES = 'eslint(no-restricted-properties)'

const forbidden: Readonly<Record<string, Case>> = {
  'a clock in the core': { folder: CORE, code: 'export const now = () => Date.now()', rule: GLOBALS },
  'a new date in the core': { folder: CORE, code: 'export const now = () => new Date()', rule: GLOBALS },
  'the performance clock in the core': {
    folder: CORE,
    code: 'export const now = () => performance.now()',
    rule: GLOBALS,
  },
  'a timer in the core': {
    folder: CORE,
    code: 'export const later = (fn: () => void) => setTimeout(fn, 5)',
    rule: GLOBALS,
  },
  'an interval in the core': {
    folder: CORE,
    code: 'export const often = (fn: () => void) => setInterval(fn, 5)',
    rule: GLOBALS,
  },
  'a later turn in the core': {
    folder: CORE,
    code: 'export const later = (fn: () => void) => setImmediate(fn)',
    rule: GLOBALS,
  },
  'a microtask in the core': {
    folder: CORE,
    code: 'export const soon = (fn: () => void) => queueMicrotask(fn)',
    rule: GLOBALS,
  },
  'a promise in the core': { folder: CORE, code: 'export const soon = Promise.resolve(1)', rule: GLOBALS },
  'an async function in the core': {
    folder: CORE,
    code: 'export async function wait(): Promise<void> {}',
    rule: 'oxc(no-async-await)',
  },
  'an async arrow in the core': {
    folder: CORE,
    code: 'export const wait = async () => 1',
    rule: 'oxc(no-async-await)',
  },
  'randomness in the core': { folder: CORE, code: 'export const dice = () => Math.random()', rule: PROPERTIES },
  'randomness by another name in the core': { folder: CORE, code: 'export const { random } = Math', rule: PROPERTIES },
  'a UUID in the core': { folder: CORE, code: 'export const id = () => crypto.randomUUID()', rule: GLOBALS },
  'the network in the core': { folder: CORE, code: `export const get = () => fetch('http://a')`, rule: GLOBALS },
  'the process in the core': { folder: CORE, code: 'export const pid = process.pid', rule: GLOBALS },
  'a way round in the core': { folder: CORE, code: 'export const now = () => globalThis.Date.now()', rule: GLOBALS },
  'Node in the core': {
    folder: CORE,
    code: `import { cpus } from 'node:os'\nexport const n = cpus().length`,
    rule: 'eslint(no-restricted-imports)',
  },

  'a clock in the runtime': { folder: RUNTIME, code: 'export const now = () => Date.now()', rule: GLOBALS },
  'a timer in the runtime': {
    folder: RUNTIME,
    code: 'export const later = (fn: () => void) => setTimeout(fn, 5)',
    rule: GLOBALS,
  },
  'a timed signal in the runtime': {
    folder: RUNTIME,
    code: 'export const signal = () => AbortSignal.timeout(5)',
    rule: PROPERTIES,
  },
  'randomness in the runtime': { folder: RUNTIME, code: 'export const dice = () => Math.random()', rule: PROPERTIES },
  'randomness in the simulated world': {
    folder: 'sims/world',
    code: 'export const dice = () => Math.random()',
    rule: PROPERTIES,
  },
  'a clock in a scenario': { folder: 'sims/scenarios', code: 'export const now = () => Date.now()', rule: GLOBALS },

  'a floating promise': {
    folder: RUNTIME,
    code: 'const work = async (): Promise<number> => 1\nexport const run = (): void => {\n  work()\n}',
    rule: 'typescript(no-floating-promises)',
  },
  'a promise where a yes or no is asked': {
    folder: RUNTIME,
    code: 'const ready = async (): Promise<boolean> => false\nexport const run = (): string => (ready() ? "yes" : "no")',
    rule: 'typescript(no-misused-promises)',
  },
  'a switch that forgets a case': {
    folder: RUNTIME,
    code: `export const name = (level: 'none' | 'strong'): string => {\n  switch (level) {\n    case 'none':\n      return 'n'\n  }\n  return ''\n}`,
    rule: 'typescript(switch-exhaustiveness-check)',
  },
  'an await of no promise': {
    folder: RUNTIME,
    code: 'export const run = async (n: number): Promise<number> => await n',
    rule: 'typescript(await-thenable)',
  },
  'a thrown string': {
    folder: RUNTIME,
    code: `export const fail = (): never => {\n  throw 'no'\n}`,
    rule: 'typescript(only-throw-error)',
  },
  'an any': {
    folder: RUNTIME,
    code: 'export const same = (a: any): unknown => a',
    rule: 'typescript(no-explicit-any)',
  },
  'a type imported as a value': {
    folder: RUNTIME,
    code: `import { A } from './a-type.ts'\nexport type B = A`,
    rule: 'typescript(consistent-type-imports)',
  },
  'a type imported in passing': {
    folder: RUNTIME,
    code: `export type B = import('../adapters/http/a.ts').A`,
    rule: 'typescript(consistent-type-imports)',
  },
  'a catch that trusts what it caught': {
    folder: RUNTIME,
    code: 'export const run = (a: Promise<void>) => a.catch(error => String(error))',
    rule: 'typescript(use-unknown-in-catch-callback-variable)',
  },
  'a promise given back from inside try': {
    folder: RUNTIME,
    code: 'export const run = async (a: Promise<void>) => {\n  try {\n    return a\n  } finally {\n    run.name\n  }\n}',
    rule: 'typescript(return-await)',
  },
  'parsed data that nobody checked': {
    folder: RUNTIME,
    code: 'export const read = (text: string): number => JSON.parse(text)',
    rule: 'typescript(no-unsafe-return)',
  },
  'an assertion that says nothing': {
    folder: RUNTIME,
    code: 'export const same = (a: string): string => a as string',
    rule: 'typescript(no-unnecessary-type-assertion)',
  },
  'a rejection that is no error': {
    folder: RUNTIME,
    code: `export const fail = () => new Promise<void>((_, reject) => reject('no'))`,
    rule: 'typescript(prefer-promise-reject-errors)',
  },
  'a call that is deprecated': {
    folder: 'src/adapters/http',
    code: `import { parse } from 'node:url'\nexport const read = (text: string) => parse(text)`,
    rule: 'typescript(no-deprecated)',
  },
  'a module of Node by its short name': {
    folder: 'src/adapters/http',
    code: `import { cpus } from 'os'\nexport const n = () => cpus().length`,
    rule: 'unicorn(prefer-node-protocol)',
  },
  'something left to be done': {
    folder: RUNTIME,
    code: '// TODO: think\nexport const a = 1',
    rule: 'eslint(no-warning-comments)',
  },
  'a parameter that is given another value': {
    folder: RUNTIME,
    code: 'export const next = (n: number) => {\n  n = n + 1\n  return n\n}',
    rule: 'eslint(no-param-reassign)',
  },
  'an export that changes': {
    folder: RUNTIME,
    code: 'export let a = 1\nexport const b = () => a++',
    rule: 'import(no-mutable-exports)',
  },
  'a default export': { folder: RUNTIME, code: 'export default 1', rule: 'import(no-default-export)' },
  'a message to the console': {
    folder: RUNTIME,
    code: `export const say = () => console.log('a')`,
    rule: 'eslint(no-console)',
  },
  'a loose comparison': {
    folder: RUNTIME,
    code: 'export const same = (a: unknown, b: unknown) => a == b',
    rule: 'eslint(eqeqeq)',
  },
  'a name that nobody uses': {
    folder: RUNTIME,
    code: 'const left = 1\nexport const right = 2',
    rule: 'eslint(no-unused-vars)',
  },
}

const allowed: Readonly<Record<string, Omit<Case, 'rule'>>> = {
  'a function of state and event in the core': {
    folder: CORE,
    code: `export const step = (state: number, nowMs: number): readonly [number, readonly string[]] => [state + nowMs, ['sent']]`,
  },
  'an awaited promise, and one that is left on purpose': {
    folder: RUNTIME,
    code: 'const work = async (): Promise<number> => 1\nexport const run = async (): Promise<number> => {\n  void work()\n  return work()\n}',
  },
  'a switch with all its cases': {
    folder: RUNTIME,
    code: `export const name = (level: 'none' | 'strong'): string => {\n  switch (level) {\n    case 'none':\n      return 'n'\n    case 'strong':\n      return 's'\n  }\n}`,
  },
  'a clock and a timer in an adapter': {
    folder: 'src/adapters/system',
    code: 'export const now = (): number => Date.now()\nexport const later = (fn: () => void) => setTimeout(fn, 5)',
  },
}

const forbiddenNames = Object.keys(forbidden)
const allowedNames = Object.keys(allowed)
let findings: readonly Finding[]

beforeAll(async () => {
  const plant = (cases: Readonly<Record<string, Omit<Case, 'rule'>>>, prefix: string) =>
    Object.values(cases).map(({ folder, code }, index) => [`${folder}/${prefix}-${index}.ts`, `${code}\n`])
  findings = await lintPlanted(Object.fromEntries([...plant(forbidden, 'forbidden'), ...plant(allowed, 'allowed')]))
})

const found = (folder: string, file: string): string[] =>
  findings.filter(finding => finding.file === `${folder}/${file}.ts`).map(({ rule }) => rule)

describe('what is forbidden is refused', () => {
  test.each(forbiddenNames)('%s', name => {
    const { folder, rule } = forbidden[name]!
    expect(found(folder, `forbidden-${forbiddenNames.indexOf(name)}`)).toContain(rule)
  })
})

describe('what is written instead passes', () => {
  test.each(allowedNames)('%s', name => {
    expect(found(allowed[name]!.folder, `allowed-${allowedNames.indexOf(name)}`)).toEqual([])
  })
})

test('a file that is not named in kebab-case is refused', async () => {
  const findings = await lintPlanted({ 'src/runtime/someThing.ts': 'export const a = 1\n' })
  expect(findings.map(({ rule }) => rule)).toContain('unicorn(filename-case)')
})

test('a circle of imports is refused', async () => {
  const circle = await lintPlanted({
    'src/runtime/a.ts': `import { b } from './b.ts'\nexport const a = (): number => b()\n`,
    'src/runtime/b.ts': `import { a } from './a.ts'\nexport const b = (): number => a()\n`,
  })
  expect(circle.map(({ rule }) => rule)).toContain('import(no-cycle)')
})
