// What an agent has used: lines of `ss` and of /proc/PID/io as a Linux writes them.

import { describe, expect, it } from 'vitest'
import { parseSockets, parseWriteBytes, sentBetween } from '../../bench/measure/agents.ts'

const SS = [
  'ESTAB 0      0      127.0.0.1:34851 127.0.0.1:53966 users:(("MainThread",pid=239,fd=24)) bbr wscale:10,10 rto:200 bytes_received:10000 segs_out:1',
  'ESTAB 12     0      127.0.0.1:53966 127.0.0.1:34851 users:(("node",pid=240,fd=23)) bbr rto:204 bytes_sent:10000 bytes_acked:10001 bytes_received:7',
  'ESTAB 0      0      [::1]:8079 [::1]:50000 users:(("node",pid=240,fd=25)) cubic bytes_sent:5 bytes_acked:5',
  'ESTAB 0      0      10.0.0.1:22 10.0.0.2:50000 cubic bytes_sent:99',
  'TIME-WAIT 0      0      127.0.0.1:1 127.0.0.1:2 ',
  '',
].join('\n')

describe('what agents have used', () => {
  it('is read from sockets that name a process', () => {
    expect(parseSockets(SS)).toEqual([
      { pid: 239, localPort: 34851, peerPort: 53966, sentBytes: 0 },
      { pid: 240, localPort: 53966, peerPort: 34851, sentBytes: 10_000 },
      { pid: 240, localPort: 8079, peerPort: 50_000, sentBytes: 5 },
    ])
  })

  it('counts what a process has sent to agents, at either end, and not to clients', () => {
    const sockets = parseSockets(SS)
    expect(sentBetween(sockets, 240, [34851])).toBe(10_000)
    expect(sentBetween(sockets, 239, [34851])).toBe(0)
    expect(sentBetween(sockets, 240, [8079])).toBe(5)
  })

  it('is read from the file of the kernel', () => {
    expect(parseWriteBytes('rchar: 1\nread_bytes: 2\nwrite_bytes: 45056\ncancelled_write_bytes: 3\n')).toBe(45_056)
    expect(() => parseWriteBytes('rchar: 1\n')).toThrow('no write_bytes')
  })
})
