/** The specification tells the messages of message.proto, and the limits and times of the code, all of them. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import * as limits from '../../../../protocols/body/limits.ts'

const FOLDER = path.join(import.meta.dirname, '../../../../protocols/body')
const text = await readFile(path.join(FOLDER, 'README.md'), 'utf8')
const proto = await readFile(path.join(FOLDER, 'message.proto'), 'utf8')
const cells = (line: string): string[] =>
  line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map(cell => cell.trim())

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
      .map(([number = '', field = '', type = '']) => {
        // A message as a field may always be missing in protobuf; the specification says where it must not be.
        const isRequired = !type.includes(' ') && !scalars.includes(type)
        return `${name} ${number} ${field.slice(1, -1)} ${isRequired ? `optional ${type}` : type}`
      })
  })
  expect(told.length).toBeGreaterThan(6)
  expect(told.toSorted()).toEqual(written.toSorted())
})

test('each limit and each time has the value of the code', () => {
  const { BODY_LIMITS, BODY_PROTOCOL, ...times } = limits
  const told = text
    .split('\n')
    .filter(line => line.startsWith('| '))
    .map(cells)
    .flatMap(([name = '', value = '']) =>
      /^`[A-Za-z_]+`$/.test(name) && /^\d+$/.test(value) ? [[name.slice(1, -1), Number(value)] as const] : [],
    )
  expect(Object.fromEntries(told)).toEqual({ ...BODY_LIMITS, ...times })
  expect(text).toContain(`| identifier | \`${BODY_PROTOCOL}\` |`)
})
