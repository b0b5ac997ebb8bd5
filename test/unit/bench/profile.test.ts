// Self time out of a profile of V8: counted by time and not by samples, within the window that was asked for, without idle
// time, and with names that say whose code it is.

import { describe, expect, it } from 'vitest'
import { selfTimes } from '../../bench/profile.ts'

const frame = (id: number, functionName: string, url = '') => ({ id, callFrame: { functionName, url, lineNumber: 9 } })

const profile = {
  nodes: [
    frame(1, '(idle)'),
    frame(2, '(program)'),
    frame(3, 'forward', 'file:///somewhere/dist/protocols/forward/sender.js'),
    frame(4, '', 'file:///somewhere/node_modules/@libp2p/yamux/dist/src/muxer.js'),
    frame(5, 'write', 'node:internal/streams/writable'),
    frame(6, 'relay', 'file:///somewhere/dist/src/adapters/http/relay.js'),
  ],
  startTime: 1_000,
  // Each stands for the time until the next: forward 60, idle 500, relay 20, yamux 10, program 10, write 1,000.
  samples: [3, 1, 6, 4, 2, 5, 1],
  timeDeltas: [0, 60, 500, 20, 10, 10, 1_000],
}

describe('selfTimes', () => {
  it('shares out the busy time within the window', () => {
    expect(selfTimes(profile, 1_000, 1_600).functions).toEqual([
      { what: 'forward protocols/forward/sender.js:10', share: 0.6 },
      { what: 'relay src/adapters/http/relay.js:10', share: 0.2 },
      { what: '(anonymous) @libp2p/yamux/dist/src/muxer.js:10', share: 0.1 },
      { what: '(program)', share: 0.1 },
    ])
  })

  it('sums up by part', () => {
    expect(selfTimes(profile, 1_000, 3_000).parts.map(({ what }) => what)).toEqual([
      'node:internal/streams',
      'protocols/forward',
      'src/adapters/http',
      '@libp2p/yamux',
      '(program)',
    ])
  })

  it('knows nothing of a time in which nothing ran', () => {
    expect(selfTimes(profile, 5_000, 6_000)).toEqual({ functions: [], parts: [] })
  })
})
