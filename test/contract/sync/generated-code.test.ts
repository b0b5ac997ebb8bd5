/**
 * The generated code of the wire messages is what protons makes of message.proto now (`npm run pb`), and the library that it runs on
 * reads and writes the numbers that matter.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import * as pb from '../../../protocols/sync/pb/message.ts'
import { temporaryFolder } from '../../support/peers.ts'

const FOLDER = join(import.meta.dirname, '../../../protocols/sync')
const PROTONS = join(import.meta.dirname, '../../../node_modules/.bin/protons')

test('message.proto and pb/message.ts agree', async () => {
  await using folder = await temporaryFolder()
  const run = promisify(execFile)
  await run(process.execPath, [PROTONS, '--strict', '-o', folder.path, join(FOLDER, 'message.proto')])
  const fresh = await readFile(join(folder.path, 'message.ts'), 'utf8')
  expect(await readFile(join(FOLDER, 'pb/message.ts'), 'utf8')).toBe(fresh)
})

test.each([1n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 1_763_762_400_000n, 2n ** 53n - 1n])(
  'fixed64 %d has its eight bytes, and is read back',
  number => {
    const bytes = pb.Cursor.encode({ upTo: number })
    const plain = Buffer.alloc(9, 0x11)
    plain.writeBigUInt64LE(number, 1)
    expect(Buffer.from(bytes).toString('hex')).toBe(plain.toString('hex'))
    expect(pb.Cursor.decode(bytes).upTo).toBe(number)
  },
)

test.each([2 ** 31, 2 ** 32 - 1])('uint32 %d is read back', counter => {
  expect(pb.Id.decode(pb.Id.encode({ counter })).counter).toBe(counter)
})
