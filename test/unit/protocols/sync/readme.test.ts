/** The specification tells the messages of message.proto, and the limits, times, reasons and errors of the code, all of them. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { OUTCOMES } from '../../../../protocols/sync/entry-codec.ts'
import * as limits from '../../../../protocols/sync/limits.ts'
import { REASONS } from '../../../../protocols/sync/message-codec.ts'
import { ERRORS } from '../../../../src/errors.ts'

const FOLDER = path.join(import.meta.dirname, '../../../../protocols/sync')
const text = await readFile(path.join(FOLDER, 'README.md'), 'utf8')
const proto = await readFile(path.join(FOLDER, 'message.proto'), 'utf8')
const cells = (line: string): string[] =>
  line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map(cell => cell.trim())
const rows = text
  .split('\n')
  .filter(line => line.startsWith('| '))
  .map(cells)

test('each message has the fields of message.proto', () => {
  const scalars = ['bytes', 'string', 'bool', 'uint32', 'fixed64']
  const written = [...proto.matchAll(/^message (\w+) \{\n([^}]*)\}/gm)].flatMap(([, name = '', body = '']) =>
    [...body.matchAll(/^ {2}((?:optional |repeated )?)(\w+) (\w+) = (\d+);/gm)].map(
      ([, label = '', type = '', field = '', number = '']) => `${name} ${number} ${field} ${label}${type}`,
    ),
  )
  const told = text.split(/^### /m).flatMap(section => {
    const name = /^\w+/.exec(section)?.[0] ?? ''
    return section
      .split('\n')
      .filter(line => /^\| \d+ \| `[a-z_]+` \| \w+/.test(line))
      .map(cells)
      .filter(row => row.length === 4)
      .map(([number = '', field = '', type = '']) => {
        // A message as a field may always be missing in protobuf; the specification says where it must not be.
        const isRequired = !type.includes(' ') && !scalars.includes(type)
        return `${name} ${number} ${field.slice(1, -1)} ${isRequired ? `optional ${type}` : type}`
      })
  })
  expect(told.length).toBeGreaterThan(100)
  expect(told.toSorted()).toEqual(written.toSorted())
})

test('each limit and each time has the value of the code', () => {
  const { SYNC_LIMITS, SYNC_PROTOCOL, SYNC_VERSION, ...times } = limits
  const told = rows.flatMap(([name = '', value = '']) =>
    /^`[A-Za-z_]+`$/.test(name) && /^\d+$/.test(value) ? [[name.slice(1, -1), Number(value)] as const] : [],
  )
  expect(Object.fromEntries(told)).toEqual({ ...SYNC_LIMITS, ...times })
  expect(text).toContain(`| identifier | \`${SYNC_PROTOCOL}\` |`)
  expect(text).toContain(`| minor version | ${String(SYNC_VERSION)} |`)
})

test('each reason and each outcome has its number', () => {
  const told = rows.flatMap(([number = '', reason = '', when]) =>
    /^\d+$/.test(number) && /^`[a-z-]+`$/.test(reason) && when !== undefined && !isField(number, reason)
      ? [`${number} ${reason.slice(1, -1)}`]
      : [],
  )
  expect(told).toEqual(REASONS.map((reason, i) => `${String(i + 1)} ${reason}`))
  expect(text).toContain(OUTCOMES.map((outcome, i) => `${String(i)} ${outcome}`).join(', '))
})

/** Fields of messages have a row of four cells. */
const isField = (number: string, name: string): boolean =>
  rows.some(row => row.length === 4 && row[0] === number && row[1] === name)

test('each error is there', () => {
  const told = rows.flatMap(([code = '']) => /^`(ERR_SYNC_[A-Z_]+)`$/.exec(code)?.[1] ?? [])
  expect(told.toSorted()).toEqual(
    Object.keys(ERRORS)
      .filter(code => code.startsWith('ERR_SYNC_'))
      .toSorted(),
  )
})
