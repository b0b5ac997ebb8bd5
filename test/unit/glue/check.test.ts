/**
 * What is wrong with a definition, and where: each case marks with ^ in the line above the place that the finding must
 * name. Then, as a property, that no text whatsoever makes the checker throw.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkDefinition } from '../../../src/glue/check.ts'
import { CASES } from './check-cases.ts'

/** The text without the line of the mark, and the place that the mark points at (the line below it). */
function unmark(text: string): { text: string; line: number; column: number } {
  const lines = text.replace(/^\n/, '').split('\n')
  const at = lines.findIndex(line => line.trim() === '^')
  return { text: lines.toSpliced(at, 1).join('\n'), line: at + 1, column: (lines[at] as string).indexOf('^') + 1 }
}

describe('a finding says where', () => {
  it.each(CASES)('$name', ({ text: marked, message, suggestion, severity = 'error' }) => {
    const { text, line, column } = unmark(marked)
    const { definition, findings } = checkDefinition(text)
    const finding = findings.find(f => f.severity === severity)
    expect(finding).toMatchObject({ line, column })
    expect(finding?.message).toMatch(message)
    expect(finding?.suggestion).toBe(suggestion)
    expect(definition === undefined).toBe(severity === 'error')
  })

  it('reports everything that the schema refuses, once each, in the order of the file', () => {
    const { findings } = checkDefinition('glue: 1\napplication: A B\nsecrts: []\nkinds: {item: {collection: items}}\n')
    expect(findings.map(f => f.line)).toEqual([2, 3, 4, 4])
  })
})

describe('the definition of the design', () => {
  it('is valid, and says which fields nothing acts on yet', () => {
    const { definition, findings } = checkDefinition(DESIGN)
    expect(definition?.application).toBe('inventory')
    expect(findings.filter(f => f.severity === 'error')).toEqual([])
    expect(findings.find(f => f.severity === 'note')?.message).toMatch(/: references, cross$/)
  })
})

describe('bad input', () => {
  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), text => {
        const { definition, findings } = checkDefinition(text)
        expect(definition === undefined && findings.length === 0).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('never throws, whatever stands at the known keys', () => {
    const value = fc.jsonValue()
    const kind = fc.dictionary(
      fc.constantFrom('collection', 'resource', 'id', 'cross', 'operations', 'matrix', 'x'),
      value,
    )
    const document = fc.record(
      {
        glue: fc.oneof(fc.constant(1), value),
        application: value,
        correlate: value,
        kinds: fc.dictionary(fc.string(), kind),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(document, candidate => {
        for (const f of checkDefinition(JSON.stringify(candidate)).findings) expect(f.line).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })

  it('refuses aliases that explode', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (let i = 1; i < 9; i++) {
      const [last, next] = ['abcdefghij'[i - 1], 'abcdefghij'[i]]
      bomb.push(`${next}: &${next} [${Array(9).fill(`*${last}`).join(',')}]`)
    }
    expect(checkDefinition(bomb.join('\n')).findings[0]?.message).toMatch(/alias/)
  })

  it('does not lose prototypes', () => {
    const { findings } = checkDefinition('glue: 1\napplication: a\nkinds: {__proto__: {collection: /a}}')
    expect(findings[0]?.severity).toBe('error')
  })
})

const DESIGN = `
glue: 1
application: inventory
correlate: [x-request-id]
secrets: [/password]
kinds:
  item:
    collection: /items
    resource: /items/{id}
    id: {at: /id, from: client}
    create: {method: POST}
    list: {items: ""}
    links: [/self]
    references:
      - {at: /supplier, kind: supplier, dependency: reliance}
    marker: {at: /labels/cheops}
    conditions: if-match
    dry-run: [{query: dryRun}]
    level: eventual
    operations:
      add: {method: POST, path: "/items/{id}/lines"}
    matrix:
      - {before: replace, after: add, resolve: keep-order}
      - {before: add, after: replace, resolve: reverse-order}
    server-set: [/version, /updated]
    cross: {container: true}
`
