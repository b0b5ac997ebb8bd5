/**
 * Answers whose links are rewritten: read within a bound, decoded whatever their encoding, described anew; and what cannot be
 * read that way is an error, never half an answer.
 */
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { rewrittenAnswer } from '../../../../src/adapters/http/rewritten-answer.ts'
import { CheopsError } from '../../../../src/errors.ts'
import type { Rewrite } from '../../../../src/ports/glue.ts'

const TEXT = Buffer.from('http://inner/ and http://inner/')

function answer(body: Buffer, encoding?: string, complete = true): IncomingMessage {
  const chunks = [body.subarray(0, 5), body.subarray(5)].filter(chunk => chunk.length > 0)
  const headers = encoding === undefined ? {} : { 'content-encoding': encoding }
  return Object.assign(Readable.from(chunks), { headers, complete }) as unknown as IncomingMessage
}

const rewrite = (given: Partial<Rewrite> = {}): Rewrite => ({
  maxBytes: 10_000,
  body: decoded => Buffer.from(Buffer.from(decoded).toString().replaceAll('inner', 'outside')),
  rawHeaders: ['Content-Type', 'text/plain', 'content-length', '31', 'ETag', '"x"', 'X-A', '1'],
  ...given,
})

async function codeOf(result: Promise<unknown>): Promise<string> {
  try {
    await result
    return 'none'
  } catch (error) {
    return error instanceof CheopsError ? error.code : 'another error'
  }
}

const twice = (body: Buffer): Buffer => gzipSync(brotliCompressSync(body))

test.each([
  ['none', undefined, (body: Buffer) => body],
  ['identity', 'identity', (body: Buffer) => body],
  ['gzip', 'gzip', gzipSync],
  ['x-gzip, in capitals', 'X-GZIP', gzipSync],
  ['deflate', 'deflate', deflateSync],
  ['br', 'br', brotliCompressSync],
  ['zstd', 'zstd', zstdCompressSync],
  ['two, the last one outside', 'br, gzip', twice],
])('encoding %s: undone, rewritten, described anew', async (_what, encoding, encode) => {
  const { rawHeaders, body } = await rewrittenAnswer(answer(encode(TEXT), encoding), rewrite(), false)
  expect(body.toString()).toBe('http://outside/ and http://outside/')
  expect(rawHeaders).toEqual(['Content-Type', 'text/plain', 'X-A', '1', 'Content-Length', String(body.length)])
})

describe('without a body there is nothing to describe anew', () => {
  test.each([
    ['HEAD', answer(Buffer.alloc(0)), true],
    ['an empty one', answer(Buffer.alloc(0), 'gzip'), false],
  ])('%s', async (_what, given, isHead) => {
    const { rawHeaders, body } = await rewrittenAnswer(given, rewrite(), isHead)
    expect(body).toHaveLength(0)
    expect(rawHeaders).toEqual(rewrite().rawHeaders)
  })
})

describe('bounds', () => {
  test.each([
    ['a body at the bound', answer(TEXT), TEXT.length, 'none'],
    ['one byte more', answer(TEXT), TEXT.length - 1, 'ERR_APPLICATION_ANSWER_TOO_LARGE'],
    ['a decoded body at the bound', answer(gzipSync(TEXT), 'gzip'), 60, 'none'],
    ['a bomb', answer(gzipSync(Buffer.alloc(50_000_000)), 'gzip'), 100_000, 'ERR_APPLICATION_ANSWER_TOO_LARGE'],
    [
      'a bomb in a bomb',
      answer(gzipSync(gzipSync(Buffer.alloc(9_000_000))), 'gzip, gzip'),
      10_000,
      'ERR_APPLICATION_ANSWER_TOO_LARGE',
    ],
  ])('%s', async (_what, given, maxBytes, code) => {
    expect(await codeOf(rewrittenAnswer(given, rewrite({ maxBytes }), false))).toBe(code)
  })
})

describe('what cannot be read', () => {
  test.each([
    ['an encoding that nobody knows', answer(TEXT, 'lzma'), 'ERR_APPLICATION_INVALID'],
    ['a name of Object.prototype', answer(TEXT, 'constructor'), 'ERR_APPLICATION_INVALID'],
    ['a body that is not encoded as it says', answer(TEXT, 'gzip'), 'ERR_APPLICATION_INVALID'],
    ['an encoded body that is cut off', answer(gzipSync(TEXT).subarray(0, 20), 'gzip'), 'ERR_APPLICATION_INVALID'],
    ['an answer that breaks off', answer(TEXT, undefined, false), 'another error'],
  ])('%s', async (_what, given, code) => {
    expect(await codeOf(rewrittenAnswer(given, rewrite(), false))).toBe(code)
  })
})
