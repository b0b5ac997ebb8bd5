import { figure, table } from '../report/table.ts'
import type { ManyResults, ReturnSample } from './many.ts'
import { medianOf } from './report.ts'

const MB = 1e6

/** Tables of the case `many`: medians over the rounds. */
export function renderMany({ replicants, makeSeconds, madeResidentBytes, apart, away, starts }: ManyResults): string {
  const made = `${replicants.toLocaleString('en-US')} replicants on two sites, made in ${makeSeconds.toFixed(0)} s (${figure(replicants / makeSeconds)}/s); both agents then had ${figure(madeResidentBytes / MB)} MB`
  const back = [
    [
      'a member comes back',
      'writes',
      'items',
      'serves after ms',
      'first ms',
      'all ms',
      'writes there',
      'reads there',
      'KB sent',
      'beside operations',
      'lost',
    ],
    row('changed while apart', apart),
    row('away for long', away),
  ]
  const start = [
    [
      'started with that',
      'serves after ms',
      'CPU ms until then',
      'until quiet',
      'killed: after ms',
      'CPU ms',
      'idle, % of a core',
      'MB',
    ],
    [
      'each of two',
      medianOf(starts, ({ startMs }) => startMs),
      medianOf(starts, ({ startCpuMs }) => startCpuMs),
      medianOf(starts, ({ settleCpuMs }) => settleCpuMs),
      medianOf(starts, ({ killedStartMs }) => killedStartMs),
      medianOf(starts, ({ killedStartCpuMs }) => killedStartCpuMs),
      medianOf(starts, ({ idleShare }) => idleShare * 100),
      medianOf(starts, ({ residentBytes }) => residentBytes / MB),
    ],
  ]
  return [made, table(back), table(start)].join('\n\n')
}

function row(title: string, samples: readonly ReturnSample[]): string[] {
  return [
    title,
    medianOf(samples, ({ writes }) => writes),
    medianOf(samples, ({ items }) => items),
    medianOf(samples, ({ startMs }) => startMs),
    medianOf(samples, ({ firstMs }) => firstMs),
    medianOf(samples, ({ allMs }) => allMs),
    medianOf(samples, ({ carriedOut }) => carriedOut),
    medianOf(samples, ({ reads }) => reads),
    medianOf(samples, ({ sentBytes }) => sentBytes && sentBytes / 1_000),
    medianOf(samples, ({ besideBytes }) => besideBytes && besideBytes / 1_000),
    String(samples.reduce((sum, { lost }) => sum + lost, 0)),
  ]
}
