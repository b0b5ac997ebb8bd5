/** How bodies are read, and JSON written in one way: absolute examples, and as properties that no body is read wrongly or makes anything throw. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_JSON_DEPTH } from '../../../src/core/resource/json-object.ts'
import { canonicalJson, parseJson } from '../../../src/glue/json.ts'
import { glue, encode } from './body-fixture.ts'

describe('JSON', () => {
  it.each([
    ['{"b":[1,{"d":2,"c":"\\u00e9"}],"a":null}', '{"a":null,"b":[1,{"c":"é","d":2}]}'],
    ['[1.0,1e2,-0,0.5]', '[1,100,0,0.5]'],
    ['{"n":9007199254740993,"m":9007199254740992}', '{"m":9007199254740992,"n":9007199254740993}'],
    ['[0.12345678901234567890,1e400]', '[0.12345678901234567890,1e400]'],
    ['{"__proto__":{"x":1}}', '{"__proto__":{"x":1}}'],
  ])('%s has one text', (text, canonical) => {
    expect(canonicalJson(parseJson(text))).toBe(canonical)
  })

  it('takes an object that claims to be a form for what it is, as curl -d sends it', () => {
    const type = ['Content-Type', 'application/x-www-form-urlencoded']
    expect(glue.parseBody(type, encode('{"id": "a"}'))).toEqual({ is: 'json', value: { id: 'a' } })
    for (const form of ['a=1&b=%7B%7D', '7', '"a"', '[1]', '{"id"', ''])
      expect(glue.parseBody(type, encode(form)), form).toMatchObject({ is: 'opaque' })
  })

  it('takes the object of a server-side apply, which kubectl sends as JSON; YAML that is none stays unread', () => {
    const type = ['Content-Type', 'application/apply-patch+yaml; charset=utf-8']
    expect(glue.parseBody(type, encode('{"id": "a"}'))).toEqual({ is: 'json', value: { id: 'a' } })
    expect(glue.parseBody(type, encode('id: a\n'))).toMatchObject({ is: 'opaque' })
  })

  it('is refused beyond a depth', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    expect(canonicalJson(parseJson(nested(MAX_JSON_DEPTH)))).toBe(nested(MAX_JSON_DEPTH))
    expect(() => parseJson(nested(MAX_JSON_DEPTH + 1))).toThrow(SyntaxError)
    expect(glue.parseBody([], encode(nested(100_000)))).toMatchObject({ is: 'opaque', why: 'is not valid JSON' })
  })

  it('is not read from what is no UTF-8', () => {
    expect(glue.parseBody([], new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({
      is: 'opaque',
      why: 'is not valid JSON',
    })
  })

  it('canonical text is JSON of the same value, and no text makes the parser throw anything but SyntaxError', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        const canonical = canonicalJson(parseJson(text))
        expect(JSON.parse(canonical)).toEqual(JSON.parse(text))
        expect(canonicalJson(parseJson(canonical))).toBe(canonical)
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), bytes => {
        expect(['json', 'opaque']).toContain(glue.parseBody([], bytes).is)
      }),
    )
  })
})
