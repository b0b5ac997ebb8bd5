/** There is room until less is free than is kept, and again only when clearly more is; a disk that cannot be asked changes nothing. */
import { expect, test } from 'vitest'
import { DiskRoom, sizeOf } from '../../../../src/adapters/system/disk-room.ts'
import { DEFAULT_LIMITS, keptFreeBytes } from '../../../../src/config.ts'

type Look = () => Promise<number>
const free = (bytes: number) => async () => bytes
const nobodyTells = () => Promise.reject(new Error('ENOENT'))

function roomOf(kept: number, disks: Record<string, Look>) {
  const said: string[] = []
  const room = new DiskRoom({
    folders: Object.keys(disks),
    keptOf: () => kept,
    logger: { warn: () => said.push('short'), info: () => said.push('room again') },
    look: async folder => ({ free: await (disks[folder] ?? nobodyTells)(), whole: 1_000_000 }),
  })
  return { room, said }
}

test('less than is kept is short, and a quarter more is room again; each change is said once', async () => {
  const disks = { data: free(100) }
  const { room, said } = roomOf(100, disks)
  const looks: [free: number, hasRoom: boolean][] = [
    [100, true],
    [99, false],
    [50, false],
    [124, false],
    [125, true],
    [100, true],
  ]
  for (const [bytes, hasRoom] of looks) {
    disks.data = free(bytes)
    await room.look()
    expect(room.hasRoom(), `${String(bytes)} bytes are free`).toBe(hasRoom)
    expect(room.freeBytes).toBe(bytes)
  }
  expect(said).toEqual(['short', 'room again'])
})

test('the fullest disk counts', async () => {
  const { room } = roomOf(100, { data: free(1_000), bodies: free(10) })
  await room.look()
  expect(room.hasRoom()).toBe(false)
  expect(room.freeBytes).toBe(10)
})

test('a disk that hangs keeps none from being looked at', async () => {
  const disks: Record<string, Look> = { data: free(1_000), bodies: free(1_000) }
  const { room } = roomOf(100, disks)
  await room.look()
  disks['bodies'] = () => new Promise(() => {})
  disks['data'] = free(1)
  void room.look()
  await expect.poll(() => room.hasRoom()).toBe(false)
  disks['data'] = free(1_000)
  void room.look()
  await expect.poll(() => room.hasRoom()).toBe(true)
})

test('where nobody can tell there is room, and what was known stays', async () => {
  const disks: Record<string, Look> = { data: nobodyTells }
  const { room, said } = roomOf(100, disks)
  await room.look()
  expect(room.hasRoom()).toBe(true)
  expect(room.freeBytes).toBeUndefined()
  disks['data'] = free(1)
  await room.look()
  disks['data'] = nobodyTells
  await room.look()
  expect(room.hasRoom()).toBe(false)
  expect(said).toEqual(['short'])
})

test('with nothing to be kept free there is always room', async () => {
  const { room } = roomOf(0, { data: free(0) })
  await room.look()
  expect(room.hasRoom()).toBe(true)
})

test('a file system that tells no size is not taken for a full one', async () => {
  // As a tmpfs without a bound, and what is mounted from elsewhere.
  await expect(sizeOf('/proc')).rejects.toThrow('tells no size')
  const { free: bytes, whole } = await sizeOf('/')
  expect(bytes).toBeGreaterThan(0)
  expect(whole).toBeGreaterThanOrEqual(bytes)
})

test('of a small disk a tenth is kept, unless the configuration says how much', () => {
  const MiB = 1024 ** 2
  expect(keptFreeBytes(DEFAULT_LIMITS, 100_000 * MiB)).toBe(64 * MiB)
  expect(keptFreeBytes(DEFAULT_LIMITS, 50 * MiB)).toBe(5 * MiB)
  expect(keptFreeBytes({ freeBytes: 40 * MiB }, 50 * MiB)).toBe(40 * MiB)
  expect(keptFreeBytes({ freeBytes: 0 }, 50 * MiB)).toBe(0)
})
