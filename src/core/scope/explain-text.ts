import type { LocationExplanation, ScopeExplanation, ScopeProblem, ServiceExplanation } from './explain.ts'

/**
 * An explanation for people, lines separated by `\n`, without one at the end:
 *
 *     {A: around(site1, 50ms)}, seen from site1
 *     A is replicated at site1, site2
 *       around(site1, 50ms): site1 0 ms, site2 12 ms; site3 left out: 80 ms
 *     Every other service stays at site1.
 */
export function renderExplanation(explanation: ScopeExplanation): string {
  return [
    `${explanation.scope}, seen from ${explanation.self}`,
    ...explanation.services.flatMap(renderService),
    ...renderProblem('The scope as a whole is refused', explanation.problem),
    `Every other service stays at ${explanation.self}.`,
  ].join('\n')
}

function renderService(service: ServiceExplanation): string[] {
  if (service.problem !== undefined) return renderProblem(`${service.service} ${service.sentence}`, service.problem)
  const prime = service.prime === undefined ? '' : `; ${service.prime} leads`
  return [`${service.service} ${service.sentence}${prime}`, ...service.locations.filter(isDynamic).map(renderLocation)]
}

/** A site that is named needs no explanation. */
function isDynamic({ location, candidates }: LocationExplanation): boolean {
  return candidates.length !== 1 || candidates[0]?.site !== location
}

function renderLocation({ location, candidates }: LocationExplanation): string {
  const taken = candidates.filter(candidate => candidate.taken).map(({ site, why }) => `${site} ${why}`)
  const left = candidates.filter(candidate => !candidate.taken).map(({ site, why }) => `; ${site} left out: ${why}`)
  return `  ${location}: ${taken.length === 0 ? 'no site' : taken.join(', ')}${left.join('')}`
}

function renderProblem(subject: string, problem: ScopeProblem | undefined): string[] {
  if (problem === undefined) return []
  return [`${subject} (${problem.code})`, ...problem.message.split('\n').map(line => `  ${line}`)]
}
