/** The specification tells the limits, times, errors and headers that the code has. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import * as limits from '../../../../protocols/forward/limits.ts'
import { PEER_HEADER_ALLOWANCE_BYTES, PEER_SILENCE_MS } from '../../../../src/adapters/http/http-listener.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../../src/config.ts'
import { HEADER_NAMES } from '../../../../src/core/resource/headers.ts'
import { MAX_HOPS } from '../../../../src/core/resource/request-context.ts'
import { MAX_SCOPE_BYTES } from '../../../../src/core/scope/index.ts'
import { ERRORS } from '../../../../src/errors.ts'
import type { ErrorCode, ErrorSpec } from '../../../../src/errors.ts'

const FILE = path.join(import.meta.dirname, '../../../../protocols/forward/README.md')
const text = await readFile(FILE, 'utf8')

/** Cells of every row of every table, trimmed. */
const rows = text
  .split('\n')
  .filter(line => line.startsWith('| '))
  .map(line =>
    line
      .slice(1, line.lastIndexOf('|'))
      .split('|')
      .map(cell => cell.trim()),
  )

const VALUES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(DEFAULT_LIMITS).map(([name, value]) => [`limits.${name}`, value])),
  ...Object.fromEntries(Object.entries(DEFAULT_TIMEOUTS).map(([name, value]) => [`timeouts.${name}`, value])),
  ...Object.fromEntries(
    Object.entries(limits).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  ),
  PEER_HEADER_ALLOWANCE_BYTES,
  PEER_SILENCE_MS,
  MAX_HOPS,
  MAX_SCOPE_BYTES,
}

test('each limit and each time has the value of the code', () => {
  const told = rows.flatMap(([what = '', value = '']) => {
    const names = [...what.matchAll(/`([A-Za-z_.]+)`/g)].map(match => match[1] ?? '')
    // The last name of a row is the one that its value belongs to.
    const name = names.findLast(each => each in VALUES)
    return name === undefined ? [] : [{ name, value: Number(value) }]
  })
  expect(told).toEqual(told.map(({ name }) => ({ name, value: VALUES[name] })))
  const names = new Set(told.map(each => each.name))
  for (const name of Object.keys(limits).filter(each => each !== 'FORWARD_PROTOCOL')) expect(names).toContain(name)
})

test('each error has the status of the table, and says whether it may be sent again', () => {
  const told = rows.flatMap(([, error = '', status = '', again = '']) => {
    const code = /^`(ERR_[A-Z_]+)`$/.exec(error)?.[1]
    return code === undefined || again === '' ? [] : [{ code, status: Number(status), retry: again === 'yes' }]
  })
  expect(told.length).toBeGreaterThan(10)
  const specs: Readonly<Record<string, ErrorSpec>> = ERRORS
  expect(told).toEqual(
    told.map(({ code }) => ({ code, status: specs[code]?.status, retry: specs[code]?.retry === true })),
  )
  const codes = (Object.keys(ERRORS) as ErrorCode[]).filter(code => /^ERR_(FORWARD|SITE)_/.test(code))
  for (const code of codes.filter(each => each !== 'ERR_SITE_UNKNOWN'))
    expect(told.map(each => each.code)).toContain(code)
})

test('identifier and headers are those of the code', () => {
  expect(text).toContain(`| identifier | \`${limits.FORWARD_PROTOCOL}\` |`)
  for (const name of [HEADER_NAMES.service, HEADER_NAMES.scope, HEADER_NAMES.hops])
    expect(text).toContain(`| \`${name}\` |`)
})
