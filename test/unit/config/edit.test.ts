// Shows that a service is written into a configuration, changed and taken out again with every other line as it was, byte for byte.
// How: cases with comments in all places, then properties over generated files: what was put in is all that was added, and taking it
// out gives the file back.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { removeSavedService, saveService, withoutService, withService } from '../../../src/config/edit.ts'
import { renderFile } from '../../../src/config/render.ts'

const TEMPLATE = renderFile({
  keys: { mesh: 'demo', site: 'paris', 'ingress.listen': '127.0.0.1:0' },
  services: [{ name: 'inventory', endpoint: 'http://127.0.0.1:9001' }],
})
const ORDERS = { name: 'orders', endpoint: 'http://127.0.0.1:9002', expose: { sites: ['rennes'] } }

const services = (text: string): unknown => (parse(text) as { services?: unknown }).services

/** The lines that stand in `after` and not in `before`, when nothing else differs. */
function added(before: string, after: string): string {
  let start = 0
  while (start < before.length && before[start] === after[start]) start++
  const length = after.length - before.length
  expect(before.slice(0, start) + before.slice(start)).toBe(after.slice(0, start) + after.slice(start + length))
  return after.slice(start, start + length)
}

describe('a new service', () => {
  test('comes behind the others of the file that `init` writes, and nothing else changes', () => {
    const text = withService(TEMPLATE, ORDERS)
    expect(text.startsWith(TEMPLATE)).toBe(true)
    expect(text.slice(TEMPLATE.length)).toBe(
      '  - name: orders\n    endpoint: http://127.0.0.1:9002\n    expose:\n      sites:\n        - rennes\n',
    )
    expect(withoutService(text, 'orders')).toBe(TEMPLATE)
  })

  test('comes before the keys behind the list and their comments, with the comments of the last service above it', () => {
    const text = 'services:\n  - name: a\n    endpoint: u # why\n    #glue: rest\n\n# Operators\nadmin: {listen: x}\n'
    expect(withService(text, { name: 'b', endpoint: 'v' })).toBe(
      'services:\n  - name: a\n    endpoint: u # why\n    #glue: rest\n  - name: b\n    endpoint: v\n\n# Operators\nadmin: {listen: x}\n',
    )
  })

  test.each([
    ['no key', 'mesh: a # m', 'mesh: a # m\nservices:\n  - name: b\n    endpoint: v\n'],
    ['no value', 'services: # none\nmesh: a\n', 'services: # none\n  - name: b\n    endpoint: v\nmesh: a\n'],
    ['~', 'services: ~ # none\n', 'services: [{name: b, endpoint: v}] # none\n'],
    ['[]', 'services: [] # none\n', 'services: [{name: b, endpoint: v}] # none\n'],
    ['one line', 'services: [a=http://x,]\n', 'services: [a=http://x, {name: b, endpoint: v},]\n'],
    ['JSON', '{"mesh": "a"}', '{"mesh": "a", services: [{name: b, endpoint: v}]}'],
    [
      'no indentation',
      'services:\n- name: a\n  # c\n# d\n',
      'services:\n- name: a\n  # c\n- name: b\n  endpoint: v\n# d\n',
    ],
    ['CRLF', 'services:\r\n- name: a\r\nx: 1\r\n', 'services:\r\n- name: a\r\n- name: b\r\n  endpoint: v\r\nx: 1\r\n'],
  ])('%s', (_, text, expected) => {
    expect(withService(text, { name: 'b', endpoint: 'v' })).toBe(expected)
  })
})

describe('a service that is there', () => {
  const text = `services:
  # ours
  - name: a
    endpoint: http://u # why
    # who may use it
    expose: # carefully
      sites: [x] # one
      # only reading
      methods:
        - GET
        - HEAD
      # tail
    glue: rest
    #listen: 1
  - {name: b, endpoint: v} # short
  - c=http://w
# end
`
  test('keeps everything when nothing differs', () => {
    expect(withService(text, (services(text) as [{ name: string }])[0])).toBe(text)
  })

  test('changes where it differs', () => {
    const changed = withService(text, {
      name: 'a',
      endpoint: 'http://v',
      expose: { sites: ['x', 'y'], methods: ['GET'], paths: ['/**'] },
      hosts: ['h'],
    })
    expect(changed).toBe(
      text
        .replace('http://u', 'http://v')
        .replace('sites: [x]', 'sites: [x, y]')
        .replace(
          'methods:\n        - GET\n        - HEAD\n',
          'methods: [GET]\n      paths:\n        - /**\n    hosts:\n      - h\n',
        )
        .replace('    glue: rest\n', ''),
    )
  })

  test('on one line is written anew there', () => {
    expect(withService(text, { name: 'b', endpoint: 'z' })).toBe(text.replace('endpoint: v', 'endpoint: z'))
    expect(withService(text, { name: 'c', endpoint: 'z' })).toBe(text.replace('c=http://w', '{name: c, endpoint: z}'))
  })

  test('goes with its own comments', () => {
    const gone = text.slice(0, text.indexOf('  - name: a')) + text.slice(text.indexOf('  - {name: b'))
    expect(withoutService(text, 'a')).toBe(gone)
    expect(withoutService(text, 'c')).toBe(text.replace('  - c=http://w\n', ''))
    expect(withoutService(text, 'nobody')).toBe(text)
    expect(withoutService('services: [a=u, b=v, c=w]', 'b')).toBe('services: [a=u, c=w]')
    expect(withoutService('services: [a=u, b=v]', 'b')).toBe('services: [a=u]')
    expect(withoutService('services: [a=u]', 'a')).toBe('services: []')
  })
})

test.each([
  ['broken: [', 'it is no valid YAML'],
  ['services: 1\n', 'services is no list'],
  ['mesh: a\n---\nsite: b\n', 'it is no valid YAML'],
  ['services:\n  - &a {name: a, endpoint: u}\nx: *a\n', 'only be changed by hand'],
])('%j is left alone', (text, why) => {
  expect(() => withoutService(withService(text, { name: 'a', endpoint: 'v' }), 'a')).toThrow(why)
})

const word = fc.stringMatching(/^[a-z]{1,6}$/)
const comment = fc.oneof(
  fc.constant(''),
  word.map(text => ` # ${text}`),
)
const line = (indent: string) => fc.constantFrom('', `${indent}# note`, `${indent}#off: 1`, '  # left', '# far left')
const item = (name: string) =>
  fc
    .tuple(comment, line('    '), comment, line('    '), fc.boolean(), line('      '), line('    '))
    .map(([a, b, c, d, exposed, e, f]) =>
      [
        `  - name: ${name}${a}`,
        b,
        `    endpoint: http://${name}/${c}`,
        ...(exposed ? [d, '    expose:', e, '      sites:', '        - x', '        - z'] : []),
        f,
        '',
      ].join('\n'),
    )
const file = fc
  .tuple(word, comment, fc.uniqueArray(word, { maxLength: 4 }), line(''), fc.boolean())
  .chain(([mesh, note, names, between, behind]) =>
    fc
      .tuple(...names.map(item))
      .map(items =>
        [
          `mesh: ${mesh}${note}\n`,
          names.length === 0 ? '' : `services:${note}\n${items.join('')}`,
          `${between}\n`,
          behind ? '# Operators\nadmin:\n  # where\n  listen: x\n' : '',
        ].join(''),
      ),
  )

test('what is put in is all that is added, and taking it out gives the file back', () => {
  fc.assert(
    fc.property(file, text => {
      const service = { name: 'SERVICE', endpoint: 'http://new', expose: { sites: ['a', '*'] } }
      const changed = withService(text, service)
      added(text, changed)
      expect(services(changed)).toEqual([...((services(text) as [] | undefined) ?? []), service])
      const back = withoutService(changed, 'SERVICE')
      if (services(text) !== undefined) expect(back).toBe(text)
    }),
  )
})

test('a change of one key changes one line', () => {
  fc.assert(
    fc.property(file, text => {
      for (const each of (services(text) as { name: string; endpoint: string }[] | undefined) ?? []) {
        const changed = withService(text, { ...each, endpoint: 'http://other' })
        expect(changed).toBe(text.replace(`endpoint: http://${each.name}/`, 'endpoint: http://other'))
      }
    }),
  )
})

test('the file keeps its mode', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cheops-edit-'))
  try {
    const name = path.join(folder, 'cheops.yaml')
    writeFileSync(name, TEMPLATE)
    chmodSync(name, 0o640)
    saveService(name, ORDERS)
    expect(readFileSync(name, 'utf8')).toContain('name: orders')
    removeSavedService(name, 'orders')
    expect([readFileSync(name, 'utf8'), statSync(name).mode & 0o777]).toEqual([TEMPLATE, 0o640])
    expect(() => saveService(path.join(folder, 'none.yaml'), ORDERS)).toThrow('none.yaml could not be changed: ENOENT')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
