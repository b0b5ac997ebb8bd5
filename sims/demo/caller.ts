import { readdir, readFile, readlink } from 'node:fs/promises'

/** Linux says there which connection belongs to which process. */
export const CALLERS_ARE_KNOWN = process.platform === 'linux'

const TCP_TABLE = '/proc/net/tcp'
/** `proc_pid_net(5)`: columns of the table. */
const [LOCAL_ADDRESS, INODE] = [1, 9]

/**
 * Which of these processes has a TCP connection of IPv4 from this local port; undefined when it is none of them.
 * @param names by process ID
 */
export async function callerOf(port: number, names: ReadonlyMap<number, string>): Promise<string | undefined> {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = (await readFile(TCP_TABLE, 'utf8')).split('\n').map(line => line.trim().split(/\s+/))
  // A port may be another's too, towards another address: there may be several.
  const inodes = rows.filter(row => row[LOCAL_ADDRESS]?.endsWith(ending)).map(row => `socket:[${row[INODE] ?? ''}]`)
  for (const [pid, name] of names) if (await holdsOneOf(pid, inodes)) return name
  return undefined
}

async function holdsOneOf(pid: number, inodes: readonly string[]): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  // A process that ends meanwhile holds nothing.
  const descriptors = await readdir(folder).catch(() => [])
  const targets = await Promise.all(descriptors.map(each => readlink(`${folder}/${each}`).catch(() => '')))
  return targets.some(target => inodes.includes(target))
}
