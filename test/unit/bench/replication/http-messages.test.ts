// The reader of generator and applications: messages come out whole, however the stream is cut.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HttpMessages, httpMessage } from '../../../bench/replication/http-messages.ts'

function read(chunks: readonly Buffer[]): [string, string][] {
  const found: [string, string][] = []
  const messages = new HttpMessages(({ first, body }) => found.push([first, body.toString()]))
  for (const chunk of chunks) messages.push(chunk)
  return found
}

describe('HttpMessages', () => {
  it('finds the same messages in any pieces', () => {
    const stream = Buffer.concat([
      httpMessage('PUT /items/i1 HTTP/1.1', 'host: localhost\r\n', '{"id":"i1"}'),
      Buffer.from('HTTP/1.1 204 No Content\r\n\r\n'),
      Buffer.from('HTTP/1.1 200 OK\r\nContent-Length:2\r\nX-Other: \r\n\r\n{}'),
    ])
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length)), cuts => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length]
        const chunks = places.slice(1).map((place, index) => stream.subarray(places[index], place))
        expect(read(chunks)).toEqual([
          ['PUT /items/i1 HTTP/1.1', '{"id":"i1"}'],
          ['HTTP/1.1 204 No Content', ''],
          ['HTTP/1.1 200 OK', '{}'],
        ])
      }),
    )
  })

  it('refuses what does not say its length', () => {
    expect(() => read([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')])).toThrow('in chunks')
  })

  it('gathers no message without an end', () => {
    const messages = new HttpMessages(() => undefined)
    const endless = (): void => {
      for (let part = 0; part < 100; part++) messages.push(Buffer.alloc(64 * 1024, 'x'))
    }
    expect(endless).toThrow('mebibyte')
  })
})
