/** Which glue a name or a path gives, what is said of one that is none, and the helpers that say it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import type { GlueDefinition, KindDefinition, OperationDefinition } from '../../../src/glue/definition.ts'
import { BUILT_IN_GLUE } from '../../../src/config.ts'
import { checkGlueFile, glueSchema, loadGlue, renderGlueReport } from '../../../src/glue/index.ts'
import { MAX_DEFINITION_BYTES } from '../../../src/glue/parse.ts'
import { pointerGet, pointerSet, withoutPointers } from '../../../src/glue/pointer.ts'
import type { GLUE_SCHEMA, KIND_SCHEMA } from '../../../src/glue/schema.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cheops-glue-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

describe('loadGlue', () => {
  it.each(BUILT_IN_GLUE)('knows the built-in %s, which is valid', async name => {
    expect((await loadGlue(name)).application).toBe(name)
    expect(await checkGlueFile(name)).toMatchObject({ ok: true, application: name })
  })

  it('reads a definition', async () => {
    const path = await file('a.yaml', 'glue: 1\napplication: mine\nkinds: {}\n')
    expect((await loadGlue(path)).application).toBe('mine')
  })

  it('says where the first error stands, and what was meant', async () => {
    const path = await file('b.yaml', 'glue: 1\napplication: mine\nknids: {}\n')
    await expect(loadGlue(path)).rejects.toMatchObject({
      code: 'ERR_GLUE_INVALID',
      meta: { glue: path, line: 1, column: 1 },
    })
    const other = await file('c.yaml', 'glue: 1\napplication: mine\nkinds: {}\nsecert: []\n')
    await expect(loadGlue(other)).rejects.toMatchObject({
      message: expect.stringContaining(`${other}:4:1: secert: unknown key "secert"`),
      meta: { suggestion: 'secrets' },
    })
  })

  it.each([
    ['openstak', /Did you mean "openstack"/],
    ['nothing-like-it', /built in: rest, openstack/],
    ['constructor', /No glue is called/],
    ['/nowhere/x.yaml', /cannot be read \(ENOENT\)/],
  ])('%s is not found', async (name, message) => {
    await expect(loadGlue(name)).rejects.toMatchObject({
      code: 'ERR_GLUE_NOT_FOUND',
      message: expect.stringMatching(message),
    })
  })

  it('refuses a file that is too large, and one that is no text', async () => {
    const large = await file('large.yaml', 'a'.repeat(MAX_DEFINITION_BYTES + 1))
    await expect(loadGlue(large)).rejects.toMatchObject({
      code: 'ERR_GLUE_INVALID',
      message: expect.stringContaining('larger'),
    })
    const binary = await file('binary.yaml', new Uint8Array([0xff, 0xfe]))
    await expect(loadGlue(binary)).rejects.toMatchObject({
      code: 'ERR_GLUE_INVALID',
      message: expect.stringContaining('UTF-8'),
    })
  })
})

describe('the report', () => {
  it('marks each finding with its place and suggestion, and counts', async () => {
    const path = await file('d.yaml', 'glue: 1\napplication: mine\nkinds: {}\nsecert: []\nx: 1\n')
    const report = await checkGlueFile(path)
    expect(report.ok).toBe(false)
    expect(renderGlueReport(report).split('\n')).toEqual([
      expect.stringMatching(/^× d\.yaml:4:1 secert: unknown key/),
      '    did you mean "secrets"?',
      expect.stringMatching(/^× d\.yaml:5:1 x: unknown key/),
      '2 errors',
      '',
    ])
  })
})

describe('schema and types', () => {
  it('is a valid JSON Schema', () => {
    expect(new Ajv({ strict: true, allowUnionTypes: true }).validateSchema(glueSchema())).toBe(true)
  })

  it('have the same keys', () => {
    expectTypeOf<keyof typeof GLUE_SCHEMA.properties>().toEqualTypeOf<keyof GlueDefinition>()
    expectTypeOf<keyof typeof KIND_SCHEMA.properties>().toEqualTypeOf<keyof KindDefinition>()
    expectTypeOf<keyof typeof KIND_SCHEMA.properties.operations.additionalProperties.properties>().toEqualTypeOf<
      keyof OperationDefinition
    >()
  })
})

describe('JSON Pointers', () => {
  it('get, set and remove', () => {
    const value = { a: { 'b/c': [1, { d: 2 }] } }
    expect(pointerGet(value, '/a/b~1c/1/d')).toBe(2)
    expect(pointerGet(value, '')).toBe(value)
    expect(pointerGet(value, '/a/toString')).toBeUndefined()
    expect(pointerSet(value, '/a/b~1c/1/d', 3)).toEqual({ a: { 'b/c': [1, { d: 3 }] } })
    expect(pointerSet({}, '/x/y', 1)).toEqual({ x: { y: 1 } })
    expect(withoutPointers(value, ['/a/b~1c/1/d', '/none'])).toEqual({ a: { 'b/c': [1, {}] } })
    expect(value).toEqual({ a: { 'b/c': [1, { d: 2 }] } })
  })
})
