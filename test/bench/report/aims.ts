import type { ChainName } from '../chains/chain.ts'
import type { Sample } from '../measure/measure.ts'
import { paired, spread } from '../measure/statistics.ts'
import type { Spread } from '../measure/statistics.ts'
import type { Results } from '../run.ts'

/** One aim of the project, and what was reached. */
export interface Aim {
  readonly name: string
  readonly sign: '≤' | '≥' | '='
  readonly bound: number
  readonly unit: string
  /** Undefined when it was not measured. */
  readonly reached: Spread | undefined
  /** Judged by the median. Undefined when it was not measured. */
  readonly met: boolean | undefined
  /** Why it was not measured, or what spoils it. */
  readonly note: string | undefined
}

const MB = 1e6
/**
 * A body of 1 GB passes "in flat memory" when both agents together grow by less than an eighth of it: they hold the
 * buffers of one stream on each side, and V8 lets some garbage lie.
 */
const FLAT_MB = 128

/** Compares what was measured with what the project aims at. Aims whose cases were not run are left out. */
export function judgeAims(results: Results, missing: Readonly<Partial<Record<ChainName, string>>>): Aim[] {
  const aims: Aim[] = []
  const ofCase = (name: string, chain: ChainName): readonly Sample[] => results.load[name]?.[chain] ?? []

  /** One chain against another, round by round. */
  const against = (
    name: string,
    [left, right]: readonly [ChainName, ChainName],
    aim: Pick<Aim, 'sign' | 'bound' | 'unit'> & { readonly title: string },
    compare: (left: Sample, right: Sample) => number | undefined,
  ): void => {
    if (results.load[name] === undefined) return
    const [ours, theirs] = [ofCase(name, left), ofCase(name, right)]
    const absent = [left, right].find(chain => ofCase(name, chain).length === 0)
    const note =
      absent === undefined ? spoiled([...ours, ...theirs]) : (missing[absent] ?? `${absent} was not measured`)
    aims.push(judge({ ...aim, name: aim.title, note }, paired(ours, theirs, compare)))
  }

  against(
    'small-1',
    ['forwarded', 'direct'],
    { title: 'latency that forwarding adds, 1 KB, 1 in flight (p50)', sign: '≤', bound: 0.35, unit: 'ms' },
    (ours, direct) =>
      ours.p50Us === undefined || direct.p50Us === undefined ? undefined : (ours.p50Us - direct.p50Us) / 1_000,
  )
  for (const connections of [32, 128]) {
    against(
      `small-${String(connections)}`,
      ['forwarded', 'envoy'],
      { title: `forwarded, of Envoy's requests/s, ${String(connections)} in flight`, sign: '≥', bound: 0.6, unit: '×' },
      (ours, envoy) => ours.requestsPerSecond / envoy.requestsPerSecond,
    )
  }
  against(
    'small-32',
    ['pass-through', 'node-proxy'],
    { title: "pass-through, of the bare Node proxy's requests/s, 32 in flight", sign: '≥', bound: 0.8, unit: '×' },
    (ours, bare) => ours.requestsPerSecond / bare.requestsPerSecond,
  )
  against(
    '4mb',
    ['forwarded', 'direct'],
    { title: 'time of 4 MB forwarded, of the time direct', sign: '≤', bound: 2, unit: '×' },
    (ours, direct) => direct.bytesPerSecond / ours.bytesPerSecond,
  )

  const large = ofCase('1gb', 'forwarded')
  if (large.length > 0) {
    const whole = large.every(({ requests }) => requests > 0) ? undefined : 'no whole body passed within the time'
    const note = spoiled(large) ?? whole
    aims.push(
      judge(
        { name: '1 GB forwarded', sign: '≥', bound: 150, unit: 'MB/s', note },
        spread(large.map(({ bytesPerSecond }) => bytesPerSecond / MB)),
      ),
      judge(
        { name: 'growth of both agents while 1 GB bodies pass', sign: '≤', bound: FLAT_MB, unit: 'MB', note },
        spread(large.map(({ growthBytes }) => growthBytes / MB)),
      ),
    )
  }
  if (results.beside.length > 0) {
    aims.push(
      judge(
        {
          name: 'p50 of small requests beside 1 GB, of the same alone',
          sign: '≤',
          bound: 3,
          unit: '×',
          note: spoiled(results.beside.flatMap(({ alone, beside, large: body }) => [alone, beside, body])),
        },
        paired(results.beside, results.beside, ({ beside }, { alone }) =>
          beside.p50Us === undefined || alone.p50Us === undefined ? undefined : beside.p50Us / alone.p50Us,
        ),
      ),
    )
  }
  for (const { load, watches, open, served } of results.watches) {
    const alive = Math.min(open, served)
    aims.push(
      judge(
        {
          name: 'watches alive beside 1,000 requests at once',
          sign: '=',
          bound: watches,
          unit: '',
          note: spoiled([load]),
        },
        { median: alive, min: alive, max: alive },
      ),
    )
  }
  return aims
}

/** @param aim with a note, it does not count as met */
export function judge(aim: Omit<Aim, 'reached' | 'met'>, reached: Spread | undefined): Aim {
  if (reached === undefined) return { ...aim, reached, met: undefined }
  const { median } = reached
  const holds = aim.sign === '≤' ? median <= aim.bound : aim.sign === '≥' ? median >= aim.bound : median === aim.bound
  return { ...aim, reached, met: holds && aim.note === undefined }
}

function spoiled(samples: readonly Sample[]): string | undefined {
  const errors = samples.reduce((sum, one) => sum + one.errors, 0)
  return errors === 0 ? undefined : `${String(errors)} requests failed`
}
