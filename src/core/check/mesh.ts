import type { BootstrapFact, CheckFacts, CutFact, Finding, MeshFact, ProblemFact, SiteFact } from './facts.ts'
import { error, ok, warning } from './finding.ts'
import { otherGlue } from './other-glue.ts'

/** Machines that keep their clocks by NTP differ by far less; from here on people notice it in times that are shown. */
const CLOCK_WARNING_MS = 5_000
/** From here on a site's stamps no longer move the clocks of others (src/consistency.md "Identity and order"). */
const CLOCK_ERROR_MS = 600_000

/** What needs other sites to be judged. */
export function checkMesh(facts: CheckFacts): Finding[] {
  return [
    ...(facts.agent === undefined ? [] : [checkAgent(facts.agent)]),
    ...(facts.meshKey === undefined ? [] : checkMeshKey(facts.meshKey)),
    ...(facts.problems === undefined ? [] : checkProblems(facts.problems, facts.bootstrap ?? [])),
    ...(facts.bootstrap === undefined ? [] : checkBootstrap(facts.bootstrap, facts.mesh, facts.problems ?? [])),
    ...(facts.cuts ?? []).map(checkCut),
    ...(facts.mesh === undefined ? [] : checkSites(facts.mesh)),
  ]
}

function checkAgent(state: 'starting' | 'serving' | 'stopping'): Finding {
  return state === 'serving'
    ? ok('agent', 'agent-serving', 'The agent serves')
    : error('agent', 'agent-serving', `The agent is ${state}`, state === 'starting' ? 'Wait a moment.' : 'It ends.')
}

function checkMeshKey({ configured, reachable }: { configured: boolean; reachable: boolean }): Finding[] {
  if (configured) return [ok('mesh', 'mesh-key-set', 'The mesh has a pre-shared key')]
  if (!reachable) return []
  return [
    warning(
      'mesh',
      'mesh-key-set',
      'The mesh has no pre-shared key: anybody who can reach the peer port can join it',
      'Set meshKey to the same file at each site; "cheops init" makes one.',
    ),
  ]
}

/** Findings of other checks that a problem of the agent belongs to; those of sites are judged by `checkSites`. */
const PROBLEM_IDS: { readonly [problem in string]?: string } = {
  'name-taken': 'site-name',
  'two-agents-one-key': 'site-name',
  'wrong-mesh': 'mesh-name',
  'wrong-mesh-key': 'mesh-key',
}
const JUDGED_ELSEWHERE: ReadonlySet<string> = new Set(['clock-off', 'cannot-dial'])

function checkProblems(problems: readonly ProblemFact[], bootstrap: readonly BootstrapFact[]): Finding[] {
  const told = new Set(bootstrap.map(({ address }) => address))
  const findings = problems
    .filter(({ id, subject }) => !JUDGED_ELSEWHERE.has(id) && !told.has(subject))
    .map(problem => {
      const found = PROBLEM_IDS[problem.id] ?? problem.id
      // A stranger that knocks is no fault of ours; an address that we were told to dial is.
      const ours = found === 'site-name' || bootstrap.some(fact => isSame(fact.problem, problem))
      return (ours ? error : warning)('mesh', found, problem.detail, problem.hint)
    })
  const named = findings.some(({ id }) => id === 'site-name')
  return named ? findings : [ok('mesh', 'site-name', "Nobody else uses this site's name"), ...findings]
}

function isSame(one: BootstrapFact['problem'], other: ProblemFact): boolean {
  return one !== undefined && one.id === other.id && one.subject === other.subject
}

function checkBootstrap(
  bootstrap: readonly BootstrapFact[],
  mesh: MeshFact | undefined,
  problems: readonly ProblemFact[],
): Finding[] {
  const connected = mesh?.sites.some(site => site.name !== mesh.self && site.connected) ?? false
  const some = connected || bootstrap.some(({ result }) => result === 'connected' || result === 'open')
  return (
    bootstrap
      // One peer, or one name that is taken, may stand behind several addresses: such a problem is found once, for itself.
      .filter(({ address, problem }) => problem?.subject === address || !problems.some(each => isSame(problem, each)))
      .flatMap(each => checkAddress(each, some))
  )
}

/** @param some whether the agent has found the mesh some other way: one of several addresses may be down without harm */
function checkAddress({ address, result, detail }: BootstrapFact, some: boolean): Finding[] {
  switch (result) {
    case 'connected':
    case 'open':
      return [ok('mesh', 'bootstrap', `${address} answers`)]
    case 'disconnected':
      return [ok('mesh', 'bootstrap', `${address} answered before; the connection has ended`)]
    case 'self':
      return [ok('mesh', 'bootstrap', `${address} is this agent itself`)]
    case 'never tried':
    // That it is cut off is a finding of its own.
    case 'denied':
      return []
    case 'handshake':
      return [
        error(
          'mesh',
          'mesh-key',
          `${address} answers, but the connection cannot be made secure (${detail}): most likely the mesh keys differ`,
          'Compare "sha256sum" of the file meshKey at both sites; it must be the same file, and both must have one.',
        ),
      ]
    case 'wrong-mesh':
      return [
        error(
          'mesh',
          'mesh-name',
          `${address} belongs to another mesh: ${detail}`,
          'Set mesh to the same name at each site.',
        ),
      ]
    case 'wrong-peer':
      return [
        error(
          'mesh',
          'bootstrap',
          `${address} answers as another agent: ${detail}`,
          'Leave "/p2p/…" out of the address, or correct it: that site has a new peer key.',
        ),
      ]
    case 'refused-by-peer':
      return [
        error(
          'mesh',
          'bootstrap',
          `${address} does not take this agent: ${detail}`,
          '"cheops check" at that site says why; another agent with this site\'s name is the usual reason.',
        ),
      ]
    case 'unfinished':
      return [
        (some ? warning : error)(
          'mesh',
          'bootstrap',
          `${address} answers, but no connection stands in time: ${detail}`,
          'Over a slow link it takes some attempts. If it stays so, see what listens there, whether it has cut this site off ("cheops status" there), and compare the file meshKey at both sites.',
        ),
      ]
    case 'refused':
    case 'timeout':
    case 'unreachable':
    case 'no-address':
    case 'no-answer':
      return [
        (some ? warning : error)(
          'mesh',
          'bootstrap',
          `${address} cannot be reached: ${detail}`,
          result === 'refused'
            ? 'Nothing listens there: start that agent, or correct the address.'
            : 'Look at the address, at firewalls between the sites, and at port forwarding.',
        ),
      ]
  }
}

function checkCut({ site, leftMs }: CutFact): Finding {
  const which = site === undefined ? 'All other sites are' : `${site} is`
  const minutes = Math.max(1, Math.round(leftMs / 60_000))
  return warning(
    'sites',
    'cut',
    `${which} cut off from this one by an operator, for ${leftMs < 90_000 ? `${String(Math.ceil(leftMs / 1_000))} s` : `${String(minutes)} min`} more`,
    'It ends by itself; "cheops site join" ends it now.',
  )
}

function checkSites({ self, sites }: MeshFact): Finding[] {
  const others = sites.filter(site => site.name !== self)
  return [
    ...others.flatMap(checkAlive),
    ...checkBothWays(sites),
    ...checkClocks(others),
    ...checkVersions(sites, self),
    ...checkGlue(sites, self),
  ]
}

const SILENT =
  'Its connection stands, and nothing comes over it: its agent is stopped or has too much to do, or the network between has gone silent.'

function checkAlive(site: SiteFact): Finding[] {
  if (site.liveness === 'alive') return [ok('sites', 'sites-alive', `${site.name} is alive`)]
  return [
    warning(
      'sites',
      'sites-alive',
      `${site.name} is ${site.liveness}: ${site.reason}`,
      site.connected
        ? SILENT
        : `Nothing is lost: what it holds is back with it. "cheops site show ${site.name}" tells more.`,
    ),
  ]
}

function checkBothWays(sites: readonly SiteFact[]): Finding[] {
  const oneWay = sites.flatMap(site =>
    site.cannotDial.map(other =>
      warning(
        'sites',
        'both-ways',
        `${site.name} cannot dial ${other}, although ${other} can dial ${site.name}`,
        `Open the peer port of ${other} for ${site.name}, set announce at ${other}, or relay.use at ${other} if it can only dial out.`,
      ),
    ),
  )
  return oneWay.length > 0 || sites.length < 2 ? oneWay : [ok('sites', 'both-ways', 'All sites can dial each other')]
}

/** When most sites differ from ours in the same direction, it is ours that is off. */
function checkClocks(others: readonly SiteFact[]): Finding[] {
  const known = others.flatMap(site =>
    site.clockOffsetMs === undefined ? [] : [{ name: site.name, offset: site.clockOffsetMs }],
  )
  if (known.length === 0) return []
  const off = known.filter(({ offset }) => Math.abs(offset) > CLOCK_WARNING_MS)
  if (off.length === 0) return [ok('sites', 'clock', 'All clocks agree')]
  const judge = (worst: number) => (Math.abs(worst) > CLOCK_ERROR_MS ? error : warning)
  const hint = 'Let NTP set it ("timedatectl" shows whether it does).'
  const sorted = off.map(({ offset }) => offset).toSorted((a, b) => a - b)
  const oneDirection = (sorted[0] ?? 0) > 0 || (sorted.at(-1) ?? 0) < 0
  if (known.length > 1 && off.length * 2 > known.length && oneDirection) {
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0
    return [judge(median)('sites', 'clock', `The clock of this site is ${apart(-median)} that of most others`, hint)]
  }
  return off.map(({ name, offset }) =>
    judge(offset)('sites', 'clock', `The clock of ${name} is ${apart(offset)} that of this site`, hint),
  )
}

const apart = (offsetMs: number) =>
  `${(Math.abs(offsetMs) / 1000).toFixed(0)} s ${offsetMs > 0 ? 'ahead of' : 'behind'}`

function checkVersions(sites: readonly SiteFact[], self: string): Finding[] {
  const own = sites.find(site => site.name === self)?.version
  const line = (version: string | undefined) => version?.split('.').slice(0, 2).join('.')
  const different = sites.filter(site => site.version !== '' && own !== undefined && line(site.version) !== line(own))
  return different.length === 0
    ? []
    : [
        warning(
          'sites',
          'versions',
          `${different.map(site => `${site.name} runs ${site.version}`).join(', ')}; this site runs ${own ?? '?'}`,
          'Bring all sites to one version when the update is done.',
        ),
      ]
}

/** What one site calls a kind and another does not is found before anybody writes it. */
function checkGlue(sites: readonly SiteFact[], self: string): Finding[] {
  const services = sites.flatMap(({ name: site, services: offered }) => offered.map(each => ({ ...each, site })))
  return [...otherGlue(services, self)].map(([service, others]) =>
    warning(
      'sites',
      'same-glue',
      `${service} is described by other glue at ${others.join(', ')} than here: what one of them replicates may be refused at the other`,
      `Give all sites the same definition: the same file, "cheops service add ${service} --glue FILE --save" at each. Agents of different versions may differ in what is built in.`,
    ),
  )
}
