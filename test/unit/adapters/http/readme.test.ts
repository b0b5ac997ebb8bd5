/** The tables of bounds and times tell the values of the code, and the status of each error. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { IDLE_ENDPOINT_MS } from '../../../../src/adapters/http/endpoint.ts'
import { LINGER_MS } from '../../../../src/adapters/http/pump.ts'
import { MAX_INFORMATION } from '../../../../src/adapters/http/upstream-failure.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../../src/config.ts'
import { MAX_HOPS } from '../../../../src/core/resource/request-context.ts'
import { MAX_SCOPE_BYTES } from '../../../../src/core/scope/index.ts'
import { ERRORS } from '../../../../src/errors.ts'
import type { ErrorSpec } from '../../../../src/errors.ts'

const FOLDER = path.join(import.meta.dirname, '../../../../src/adapters/http')
const text = await readFile(path.join(FOLDER, 'README.md'), 'utf8')
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
  IDLE_ENDPOINT_MS,
  LINGER_MS,
  MAX_INFORMATION,
  MAX_HOPS,
  MAX_SCOPE_BYTES,
}

/** Bounds of other agents, which protocols/forward/README.md tells, of stopping, and of replication. */
const ELSEWHERE = [
  'limits.outboxBytes',
  'limits.outboxEntries',
  'limits.freeBytes',
  'limits.streamsPerPeer',
  'limits.requestsPerSecondPerPeer',
  'timeouts.drainMs',
  'timeouts.silentMemberMs',
]

test('each bound and each time has the value of the code, and none is missing', () => {
  const told = rows.flatMap(([what = '', value = '']) => {
    const name = /`([A-Za-z_.]+)`$/.exec(what)?.[1]
    return name === undefined || !(name in VALUES) ? [] : [{ name, value: Number(value) }]
  })
  expect(told).toEqual(told.map(({ name }) => ({ name, value: VALUES[name] })))
  const names = new Set([...told.map(each => each.name), ...ELSEWHERE])
  expect([...names].toSorted()).toEqual(Object.keys(VALUES).concat().toSorted())
})

test('each error in them has that status', () => {
  const specs: Readonly<Record<string, ErrorSpec>> = ERRORS
  let told = 0
  for (const cells of rows) {
    const status = cells.slice(2).find(cell => /^\d{3}$/.test(cell))
    if (status === undefined) continue
    for (const [code] of cells.join(' ').matchAll(/ERR_[A-Z_]+/g)) {
      expect({ code, status: specs[code]?.status }).toEqual({ code, status: Number(status) })
      told++
    }
  }
  expect(told).toBeGreaterThan(15)
})

test('each file is told of, and no other', async () => {
  const named = rows.flatMap(([file = '']) => [...file.matchAll(/`([a-z-]+\.ts)`/g)].map(match => match[1] ?? ''))
  expect(named.filter(file => !existsSync(path.join(FOLDER, file)))).toEqual([])
  const files = (await readdir(FOLDER)).filter(file => file.endsWith('.ts'))
  expect(named.toSorted()).toEqual(files.toSorted())
})
