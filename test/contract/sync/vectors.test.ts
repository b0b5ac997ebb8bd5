/**
 * The test vectors of the specification: these values have these bytes, in this version and in every later one. Who writes another
 * implementation, or changes this one, compares with them; signed operations live as long as the mesh does.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { syncCodec as codec } from '../../../protocols/sync/codec.ts'
import { createOperationSeal } from '../../../protocols/sync/seal.ts'
import type { Operation } from '../../../src/core/oplog/index.ts'
import { sealedBy } from '../../support/sealed-by.ts'

const README = path.join(import.meta.dirname, '../../../protocols/sync/README.md')
const section = (await readFile(README, 'utf8')).split('## Test vectors')[1]?.split('\n## ')[0] ?? ''
const told = new Map(
  [...section.matchAll(/^\| ([^|]+) \| `([0-9a-f]+)` \|$/gm)].map(([, what = '', hex = '']) => [what, hex]),
)

const PARIS = '1763762400000-0000000000000001'
const LYON = '1763762400000-9f86d081884c7d65'
const create = { stamp: { ms: 1_763_762_400_123, counter: 0 }, dot: { site: 'paris', incarnation: PARIS, number: 1 } }
const replicant = { service: 'inventory', kind: 'items', name: 'mug' }
const operation: Operation = {
  stamp: { ms: 1_763_762_400_456, counter: 2 },
  dot: { site: 'lyon', incarnation: LYON, number: 4_294_967_296 },
  replicant,
  life: create,
  type: 'merge',
  context: [create.dot],
  payload: {
    method: 'PATCH',
    path: '/items/mug',
    headers: [['content-type', 'application/merge-patch+json']],
    body: { bytes: new TextEncoder().encode('{"n":1}') },
  },
}
const lives = [{ life: create, knowledge: [operation.dot, create.dot], holes: [] }]
/** Secret key of test 1 of RFC 8032, section 7.1. */
const secret = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]),
  format: 'der',
  type: 'pkcs8',
})
const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(12)
const seal = createOperationSeal({
  mesh: 'demo',
  site: 'lyon',
  sign: bytes => sign(null, bytes, privateKey),
  publicKeyOf: () => publicKey,
})
const three = [0, 1, 2].map(more => ({ ...operation, dot: { ...operation.dot, number: operation.dot.number + more } }))
const NONE = new Uint8Array()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test.each([
  ['the operation', () => hex(codec.encodeOperation(operation))],
  ['its signature', () => hex(sealedBy(seal, operation).signature)],
  [
    'the first of three that are signed together',
    () => hex(seal.sign(three.map(each => seal.encode(each)))[0]?.signature ?? NONE),
  ],
  ['the last of them', () => hex(seal.sign(three.map(each => seal.encode(each)))[2]?.signature ?? NONE)],
  [
    'an acknowledgement with its life',
    () => hex(codec.encodeEntry({ kind: 'acknowledgement', replicant, lives, clock: operation.stamp })),
  ],
  [
    'what the replicant adds to a digest',
    () => createHash('sha256').update(codec.encodeKnowledge(replicant, lives)).digest('hex'),
  ],
  ['the hash of its name', () => createHash('sha256').update(codec.encodeKnowledge(replicant, [])).digest('hex')],
  [
    'a hello',
    () =>
      hex(
        codec.encodeMessage({
          kind: 'hello',
          version: 0,
          site: 'lyon',
          incarnation: LYON,
          outboxes: [{ incarnation: LYON, first: 5, next: 7 }],
        }),
      ),
  ],
  [
    'the name of the matrix with any-order for add, add',
    () => codec.matrixHash({ resets: [], cells: [{ before: 'add', after: 'add', resolution: 'any-order' }] }),
  ],
])('%s', (what, make) => {
  expect(told.get(what) ?? 'missing in README.md').toBe(make())
})

test('the key of the vectors is the one of RFC 8032', () => {
  expect(hex(publicKey)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
})
