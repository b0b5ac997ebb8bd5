/**
 * Runs every example in the README of src/core/scope, and holds its tables against the code: errors and their statuses, bounds, reserved words.
 * Examples stand in fenced blocks whose language says how to read them (`scope`, `scope-print`, `scope-resolve`, `scope-explain`, `scope-error CODE`).
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Catalog } from '../../../../src/core/resource/catalog.ts'
import * as scopeLang from '../../../../src/core/scope/index.ts'
import {
  explainScope,
  parseScope,
  printPlacement,
  printScope,
  renderExplanation,
  resolveScope,
  validateScope,
} from '../../../../src/core/scope/index.ts'
import { ERRORS } from '../../../../src/errors.ts'
import { errorOf } from './scopes.ts'

const readme = readFileSync(new URL('../../../../src/core/scope/README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
  language,
  lines: text.trimEnd().split('\n'),
}))

const linesOf = (language: string) => blocks.filter(block => block.language === language).flatMap(({ lines }) => lines)
const catalog = JSON.parse(linesOf('json scope-catalog').join('\n')) as Catalog

test('no block of examples goes unread', () => {
  const examples = ['scope', 'scope-error', 'scope-explain', 'scope-print', 'scope-resolve']
  expect(new Set(blocks.map(({ language }) => language.split(' ')[0]))).toEqual(
    new Set(['', 'json', 'mermaid', ...examples]),
  )
})

test.each(linesOf('scope'))('%s is a scope in canonical form', text => {
  expect(printScope(parseScope(text))).toBe(text)
})

test.each(linesOf('scope-print').map(line => line.split(/ +=> +/)))('%s is printed as %s', (text = '', printed) => {
  expect(printScope(parseScope(text))).toBe(printed)
})

const resolved = linesOf('scope-resolve').filter(line => !line.startsWith('#'))

test.each(resolved)('%s', line => {
  const [, text = '', service = '', expected] = /^(.*?) +(\S+) => (.*)$/.exec(line) ?? []
  const resolution = resolveScope(parseScope(text), service, catalog)
  expect(resolution.kind === 'local' ? 'local' : printPlacement(resolution.placement)).toBe(expected)
})

test('the explanation', () => {
  const [question = '', ...answer] = linesOf('scope-explain')
  expect(renderExplanation(explainScope(parseScope(question.slice(2)), catalog))).toBe(answer.join('\n'))
})

const errors = blocks.filter(({ language }) => language.startsWith('scope-error '))

test.each(errors)('$language', ({ language, lines: [text = '', ...message] }) => {
  const error = errorOf(() => {
    validateScope(parseScope(text), 'A', catalog)
  })
  expect(error.code).toBe(language.split(' ')[1])
  expect(error.message).toBe(message.join('\n'))
})

test('the table of errors lists each with its status, and each has an example', () => {
  const listed = new Map(
    [...readme.matchAll(/^\| `(ERR_SCOPE_\w+)` \| (\d+) \|/gm)].map(([, code, status]) => [code, Number(status)]),
  )
  // What agents do with a resolution is not the language's business.
  const known = Object.entries(ERRORS).filter(
    ([code]) => code.startsWith('ERR_SCOPE_') && !['ERR_SCOPE_COLLABORATION', 'ERR_SCOPE_PARAMETER'].includes(code),
  )
  expect(listed).toEqual(new Map(known.map(([code, { status }]) => [code, status])))
  expect(new Set(errors.map(({ language }) => language.split(' ')[1]))).toEqual(new Set(listed.keys()))
})

test('the table of bounds names the constants with their values', () => {
  const listed = new Map(
    [...readme.matchAll(/^\| `(MAX_\w+)` \| (\d+)/gm)].map(([, name, value]) => [name, Number(value)]),
  )
  expect(listed).toEqual(
    new Map([
      ['MAX_SCOPE_BYTES', scopeLang.MAX_SCOPE_BYTES],
      ['MAX_SCOPE_DEPTH', scopeLang.MAX_SCOPE_DEPTH],
      ['MAX_SCOPE_SITES', scopeLang.MAX_SCOPE_SITES],
      ['MAX_AROUND_US', scopeLang.MAX_AROUND_US / 1_000_000],
    ]),
  )
})

test('the reserved words are listed, and none of them is a name', () => {
  const line = readme.split('\n').find(candidate => candidate.includes('**Reserved**')) ?? ''
  const listed = [...(line.split('.')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, word]) => word)
  expect(listed).toEqual(scopeLang.RESERVED_WORDS)
  for (const word of scopeLang.RESERVED_WORDS) {
    expect(scopeLang.isName(word)).toBe(false)
    expect(scopeLang.isName(word.toUpperCase())).toBe(false)
    expect(errorOf(() => parseScope(`site1 & ${word}`)).code).toBe('ERR_SCOPE_SYNTAX')
  }
})
