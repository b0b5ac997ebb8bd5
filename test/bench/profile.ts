import { copyFile, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { LoadCase } from './cases.ts'
import type { Ground } from './chains/chain.ts'
import { startMesh } from './chains/mesh.ts'
import { runWrk } from './measure/wrk.ts'
import { figure, table } from './report/table.ts'

/** What `--cpu-prof` of Node writes, as far as it is read here. Times in microseconds of the monotonic clock. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export interface SelfTime {
  /** `function file:line`, or V8's own words: `(program)` is native code and system calls, `(garbage collector)`. */
  readonly what: string
  /** Of the time in which the process was busy, 0 to 1. */
  readonly share: number
}

/** Self time between two moments by function and by part (package, or folder of ours), greatest first, without idle time. */
export function selfTimes(
  profile: CpuProfile,
  fromUs: number,
  untilUs: number,
): { functions: SelfTime[]; parts: SelfTime[] } {
  const frames = new Map(profile.nodes.map(node => [node.id, node.callFrame]))
  const functions = new Map<string, number>()
  const parts = new Map<string, number>()
  let [at, busy] = [profile.startTime, 0]
  for (const [index, id] of profile.samples.entries()) {
    // A sample stands for the time until the next.
    at += profile.timeDeltas[index] ?? 0
    const lasts = profile.timeDeltas[index + 1] ?? 0
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === '(idle)' || at < fromUs || at >= untilUs) continue
    busy += lasts
    const what = nameOf(frame)
    const part = partOf(frame)
    functions.set(what, (functions.get(what) ?? 0) + lasts)
    parts.set(part, (parts.get(part) ?? 0) + lasts)
  }
  const sorted = (times: ReadonlyMap<string, number>): SelfTime[] =>
    [...times].map(([what, time]) => ({ what, share: busy === 0 ? 0 : time / busy })).sort((a, b) => b.share - a.share)
  return { functions: sorted(functions), parts: sorted(parts) }
}

type Frame = CpuProfile['nodes'][number]['callFrame']

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `${name} ${shorten(url)}:${String(lineNumber + 1)}`
}

/** `src/runtime/router.js`, `@libp2p/yamux/dist/src/muxer.js`, `node:net`. */
function shorten(url: string): string {
  return url.replace(/^.*\/node_modules\//, '').replace(/^file:.*\/dist\/(src|protocols)\//, '$1/')
}

function partOf({ functionName, url }: Frame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'V8 built in'
  if (url.startsWith('node:')) return `node:${url.slice(5).split('/').slice(0, 2).join('/')}`
  const [first = '', second = '', third = ''] = shorten(url).split('/')
  return first.startsWith('@')
    ? `${first}/${second}`
    : first === 'src'
      ? `src/${second}/${third}`
      : `${first}${first === 'protocols' ? `/${second}` : ''}`
}

const WARM_UP_S = 4
const LOAD_S = 10
const SHOWN = 40
const SHOWN_PARTS = 15

/** Profiles both agents while they forward what a case asks for, and keeps the profiles in `keepIn` for a browser's tools. */
export async function profileAgents(ground: Ground, wrk: string, one: LoadCase, keepIn: string): Promise<string> {
  const { signal } = ground
  const sites = ['site1', 'site2'] as const
  const flags = sites.map(site => ['--cpu-prof', `--cpu-prof-dir=${path.join(ground.folder, `${site}-profile`)}`])
  const { forwarded, agents } = await startMesh(ground, flags)
  const load = { ...forwarded.target(one.path), connections: one.connections }
  await runWrk(wrk, { ...load, seconds: WARM_UP_S }, signal)
  const from = monotonicUs()
  const { requests, bytes, durationUs } = await runWrk(wrk, { ...load, seconds: LOAD_S }, signal)
  const until = monotonicUs()
  // Node writes the profile at the end of the process.
  await Promise.all(agents.map(agent => agent.stop()))

  const seconds = durationUs / 1e6
  const speed =
    one.of === 'bytes' ? `${figure(bytes / 1e6 / seconds)} MB/s` : `${figure(requests / seconds)} requests/s`
  const parts = [`${one.title}: ${speed} forwarded while both agents were profiled`]
  for (const site of sites)
    parts.push(await readProfile(site, path.join(ground.folder, `${site}-profile`), keepIn, from, until))
  return parts.join('\n\n')
}

/**
 * Tables of what a site spent its time on between two moments, from the profile that Node wrote into `folder` when it ended; kept as
 * `<site>.cpuprofile`.
 * @throws Error when there is none
 */
export async function readProfile(
  site: string,
  folder: string,
  keepIn: string,
  fromUs: number,
  untilUs: number,
): Promise<string> {
  const [file] = await readdir(folder)
  if (file === undefined) throw new Error(`${site} wrote no profile`)
  const kept = path.join(keepIn, `${site}.cpuprofile`)
  await copyFile(path.join(folder, file), kept)
  const profile = JSON.parse(await readFile(kept, 'utf8')) as CpuProfile
  const { functions, parts } = selfTimes(profile, fromUs, untilUs)
  return [
    `${site} by part\n${renderTimes(parts.slice(0, SHOWN_PARTS))}`,
    `${site} by function\n${renderTimes(functions.slice(0, SHOWN))}`,
  ].join('\n\n')
}

function renderTimes(times: readonly SelfTime[]): string {
  return table([['self time of', '%'], ...times.map(({ what, share }) => [what, (share * 100).toFixed(1)])])
}

/** The clock of V8's profiles, the same for all processes of a machine. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}
