/** There is room until less is free than is kept, and again only when clearly more is; a disk that cannot be asked changes nothing. */
import { expect, test } from 'vitest'
import { DiskRoom } from '../../../../src/adapters/system/disk-room.ts'

function roomOf(kept: number, disks: Record<string, number | undefined>) {
  const said: string[] = []
  const room = new DiskRoom({
    folders: Object.keys(disks),
    freeBytes: kept,
    logger: { warn: () => said.push('short'), info: () => said.push('room again') },
    look: async folder => {
      const free = disks[folder]
      if (free === undefined) throw new Error('ENOENT')
      return free
    },
  })
  return { room, said }
}

test('less than is kept is short, and a quarter more is room again; each change is said once', async () => {
  const disks = { data: 100 }
  const { room, said } = roomOf(100, disks)
  const looks: [free: number, hasRoom: boolean][] = [
    [100, true],
    [99, false],
    [50, false],
    [124, false],
    [125, true],
    [100, true],
  ]
  for (const [free, hasRoom] of looks) {
    disks.data = free
    await room.look()
    expect(room.hasRoom(), `${String(free)} bytes are free`).toBe(hasRoom)
    expect(room.freeBytes).toBe(free)
  }
  expect(said).toEqual(['short', 'room again'])
})

test('the fullest disk counts', async () => {
  const { room } = roomOf(100, { data: 1_000, bodies: 10 })
  await room.look()
  expect(room.hasRoom()).toBe(false)
  expect(room.freeBytes).toBe(10)
})

test('where nobody can tell there is room, and what was known stays', async () => {
  const disks: Record<string, number | undefined> = { data: undefined }
  const { room, said } = roomOf(100, disks)
  await room.look()
  expect(room.hasRoom()).toBe(true)
  expect(room.freeBytes).toBeUndefined()
  disks['data'] = 1
  await room.look()
  disks['data'] = undefined
  await room.look()
  expect(room.hasRoom()).toBe(false)
  expect(said).toEqual(['short'])
})

test('with nothing to be kept free there is always room', async () => {
  const { room } = roomOf(0, { data: 0 })
  await room.look()
  expect(room.hasRoom()).toBe(true)
})

test('by itself it asks the kernel, and says what is free on the disk of a folder', async () => {
  const quiet = { warn: () => undefined, info: () => undefined }
  const room = new DiskRoom({ folders: ['/'], freeBytes: Number.MAX_SAFE_INTEGER, logger: quiet })
  await room.start()
  room.stop()
  expect(room.freeBytes).toBeGreaterThan(0)
  expect(room.hasRoom()).toBe(false)
})
