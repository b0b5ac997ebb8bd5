import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Linux counts CPU time for user space in hundredths of a second (USER_HZ), whatever the kernel's own tick is. */
const TICK_MS = 10

/** From `/proc/PID/stat` (proc_pid_stat(5)). */
export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  /** User and system time of all its threads, milliseconds. */
  readonly cpuMs: number
  /** The same of its children that have ended and were waited for. */
  readonly childrenCpuMs: number
}

/** @throws Error for what is no such line */
export function parseProcessStat(text: string): ProcessStat {
  // The name stands in parentheses and may hold anything, parentheses and blanks too.
  const close = text.lastIndexOf(')')
  const fields = text.slice(close + 2).split(' ')
  /** Numbered as in the manual: 3 is the state, the first after the name. */
  const field = (number: number): number => Number(fields[number - 3])
  const stat = {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    cpuMs: (field(14) + field(15)) * TICK_MS,
    childrenCpuMs: (field(16) + field(17)) * TICK_MS,
  }
  if (close < 0 || Object.values(stat).some(Number.isNaN)) throw new Error(`no line of /proc/PID/stat: ${text}`)
  return stat
}

/** From `/proc/PID/status`. */
export interface ProcessMemory {
  readonly residentBytes: number
  /** The most since the start, or since `resetPeaks`. */
  readonly peakBytes: number
}

/** @returns undefined for a process that has no memory any more (a zombie) */
export function parseProcessMemory(text: string): ProcessMemory | undefined {
  const kilobytes = (name: string): number | undefined => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)
    return match?.[1] === undefined ? undefined : Number(match[1])
  }
  const [resident, peak] = [kilobytes('VmRSS'), kilobytes('VmHWM')]
  if (resident === undefined || peak === undefined) return undefined
  return { residentBytes: resident * 1024, peakBytes: peak * 1024 }
}

/** Time that all CPUs worked, for whomever, milliseconds; from the first line of `/proc/stat`. */
export function parseBusyMs(text: string): number {
  const fields = /^cpu +([\d ]+)$/m.exec(text)?.[1]?.split(' ').map(Number)
  const [user, nice, system, , , irq, softirq, steal] = fields ?? []
  const busy = (user ?? NaN) + (nice ?? NaN) + (system ?? NaN) + (irq ?? NaN) + (softirq ?? NaN) + (steal ?? 0)
  if (Number.isNaN(busy)) throw new Error('no first line of /proc/stat')
  return busy * TICK_MS
}

/** The roots and all that descend from them. */
export function withDescendants(roots: readonly number[], all: readonly ProcessStat[]): ProcessStat[] {
  const found = new Map<number, ProcessStat>()
  const add = (one: ProcessStat): void => {
    if (found.has(one.pid)) return
    found.set(one.pid, one)
    for (const child of all) if (child.parent === one.pid) add(child)
  }
  for (const one of all) if (roots.includes(one.pid)) add(one)
  return [...found.values()]
}

/** All processes that descend from these, with their CPU time until now. */
export function readTree(roots: readonly number[]): ProcessStat[] {
  const all: ProcessStat[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const text = readIfThere(`/proc/${entry}/stat`)
    if (text !== undefined) all.push(parseProcessStat(text))
  }
  return withDescendants(roots, all)
}

export function readOwnStat(): ProcessStat {
  return parseProcessStat(readFileSync('/proc/self/stat', 'utf8'))
}

export function readBusyMs(): number {
  return parseBusyMs(readFileSync('/proc/stat', 'utf8'))
}

/** Memory of several processes together; pages that they share count in each. */
export function readMemory(pids: readonly number[]): ProcessMemory {
  let [residentBytes, peakBytes] = [0, 0]
  for (const pid of pids) {
    const memory = parseProcessMemory(readIfThere(`/proc/${String(pid)}/status`) ?? '')
    residentBytes += memory?.residentBytes ?? 0
    peakBytes += memory?.peakBytes ?? 0
  }
  return { residentBytes, peakBytes }
}

/** Makes the peak count from now on (`echo 5 > /proc/PID/clear_refs`, proc(5)). */
export function resetPeaks(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${String(pid)}/clear_refs`, '5')
}

/** Processes come and go between the listing and the reading. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
