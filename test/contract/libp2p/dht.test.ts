/** What the adapter relies on of the DHT, on real nodes over loopback; to be run again at every upgrade. */
import { generateKeyPair, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { LevelDatastore } from 'datastore-level'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BucketProviders, bucketKey, bucketOfKey } from '../../../src/adapters/libp2p/bucket-providers.ts'
import { findPeerAddresses } from '../../../src/adapters/libp2p/dht-client.ts'
import { connect, eventually, TestHosts } from '../../support/hosts.ts'
import { temporaryFolder } from '../../support/peers.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const bytes = (string: string): Uint8Array => new TextEncoder().encode(string)
const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex')

describe('DHT', () => {
  test('keeps values of peers on private addresses, and says how many took it', async () => {
    await using hosts = new TestHosts()
    const nodes = await Promise.all([hosts.start(), hosts.start(), hosts.start()])
    const [a, b, c] = nodes
    for (const node of nodes) node.network.onRecord((_site, value) => text(value) !== 'forged')
    await connect(a, b)
    await connect(b, c)
    await connect(a, c)
    await eventually(
      async () => (await a.network.putRecord('paris', bytes('v1'), 3_000)).stored === 2,
      5_000,
      'two peers took it',
    )
    expect((await c.network.getRecords('paris', 3_000)).map(text)).toEqual(['v1'])
    expect(await c.network.getRecords('nowhere', 3_000)).toEqual([])
    expect(await findPeerAddresses(c.host, a.network.peerId, 3_000)).not.toEqual([])
  })

  test('what the validator refuses is stored nowhere', async () => {
    await using hosts = new TestHosts()
    const [a, b] = await Promise.all([
      hosts.start(),
      hosts.start({ isRecordBelievable: (_site, value) => text(value) !== 'forged' }),
    ])
    await connect(a, b)
    await eventually(async () => (await a.network.putRecord('x', bytes('good'), 3_000)).stored === 1, 5_000, 'stored')
    const result = await a.network.putRecord('x', bytes('forged'), 3_000)
    expect(result.stored).toBe(0)
    expect(result.refused).toBeGreaterThan(0)
    expect((await b.network.getRecords('x', 3_000)).map(text)).toContain('good')
  })

  test('keeps nothing for those who are no site, and neither public keys for anybody nor providers of keys that the mesh has not', async () => {
    await using folder = await temporaryFolder()
    const datastore = new LevelDatastore(join(folder.path, 'libp2p'))
    await datastore.open()
    const kept = async (): Promise<string[]> => {
      const keys: string[] = []
      for await (const key of datastore.queryKeys({ prefix: '/dht' })) keys.push(key.toString())
      return keys
    }
    const members = new Set<string>()
    {
      await using hosts = new TestHosts()
      const [a, b] = await Promise.all([
        hosts.start(),
        hosts.start({ datastore, isMember: id => members.has(id), isProvided: key => hex(key) === hex(bucketKey(7)) }),
      ])
      await connect(a, b)
      const put = () => a.network.putRecord('paris', bytes('v1'), 3_000)
      await eventually(async () => (await put()).refused > 0, 5_000, 'the put of a stranger is refused')
      expect(await kept()).toEqual([])

      members.add(a.network.peerId)
      await eventually(async () => (await put()).stored === 1, 5_000, 'the put of a member is taken')
      expect(await kept()).toHaveLength(1)

      const { dht } = a.host.services
      // Any key that is a hash.
      const cid = peerIdFromString('QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N').toCID()
      for await (const event of dht.provide(cid, { signal: AbortSignal.timeout(3_000) })) void event
      // Nobody answers to a provider: what comes after it on the same connection has been answered when it is done.
      await put()
      await put()
      const { publicKey } = a.host.peerId
      if (publicKey === undefined) throw new Error('the peer ID holds the key')
      const key = Buffer.concat([bytes('/pk/'), publicKey.toMultihash().bytes])
      const refused: string[] = []
      try {
        for await (const { name } of dht.put(key, publicKeyToProtobuf(publicKey))) refused.push(name)
      } catch (error) {
        refused.push(String(error))
      }
      expect(refused.join()).toMatch(/QUERY_ERROR|Only records of sites/)
      expect(await kept()).toHaveLength(1)

      const names = new BucketProviders(a.host)
      for (const bucket of [8, 7]) await names.announce(bucket, 3_000)
      await eventually(async () => (await kept()).length === 2, 5_000, 'a bucket that the mesh has is kept')
      expect(await new BucketProviders(b.host).find(7, 3_000)).toEqual([a.network.peerId])
      expect(await new BucketProviders(b.host).find(8, 3_000)).toEqual([])
    }
    await datastore.close()
  }, 30_000)

  test('who asks who provides a bucket is told those too that a site knows otherwise, as far as it has addresses of them', async () => {
    await using hosts = new TestHosts()
    const known: string[] = []
    const isProvided = (key: Uint8Array): boolean => bucketOfKey(key) !== undefined
    const providersOf = (key: Uint8Array): readonly string[] => (bucketOfKey(key) === 7 ? known : [])
    const [a, b, c] = await Promise.all([
      hosts.start({ isProvided, providersOf }),
      hosts.start({ isProvided }),
      hosts.start({ isProvided }),
    ])
    await connect(b, a)
    await connect(c, a)
    const nobody = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
    known.push(a.network.peerId, c.network.peerId, nobody)
    const find = async (bucket: number) => (await new BucketProviders(b.host).find(bucket, 3_000)).toSorted()
    await eventually(async () => (await find(7)).length > 1, 5_000, 'a knows where c is')
    expect(await find(7)).toEqual([a.network.peerId, c.network.peerId].toSorted())
    expect(await find(8)).toEqual([])
    expect(await new BucketProviders(a.host).find(7, 3_000)).toEqual([c.network.peerId])
    // One that is announced all the same is left to this site to announce again.
    await new BucketProviders(b.host).announce(8, 3_000)
    await eventually(
      async () => (await new BucketProviders(c.host).find(8, 3_000)).length > 0,
      5_000,
      'it is kept by others',
    )
    expect(await new BucketProviders(c.host).find(8, 3_000)).toEqual([b.network.peerId])
  })

  test('alone, nothing hangs', async () => {
    await using hosts = new TestHosts()
    const a = await hosts.start()
    const startedAt = performance.now()
    expect(await a.network.putRecord('x', bytes('v'), 10_000)).toEqual({ stored: 0, refused: 0 })
    expect((await a.network.getRecords('y', 10_000)).length).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})
