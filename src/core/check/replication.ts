import type { Finding, ReplicantsFact, ReplicationFact } from './facts.ts'
import { ok, warning } from './finding.ts'

/** Sites that meet again tell each other what they missed within seconds; what takes longer somebody should look at. */
const LONG_MS = 300_000

/** Whether this site has told each other one what it has to, and holds the same. */
export function checkReplication(peers: readonly ReplicationFact[]): Finding[] {
  const findings = peers.flatMap(peer => [...checkLag(peer), ...checkDigest(peer)])
  if (findings.length > 0 || peers.length === 0) return findings
  return [ok('replication', 'replication-lag', 'No site has waited long for what was written here')]
}

function checkLag({ site, outbox, lagMs }: ReplicationFact): Finding[] {
  if (lagMs < LONG_MS) return []
  return [
    warning(
      'replication',
      'replication-lag',
      `${site} has not received ${String(outbox)} ${outbox === 1 ? 'entry' : 'entries'} of replication for ${minutes(lagMs)}`,
      `It gets them when it can be reached ("cheops site show ${site}"). If it is gone for good: "cheops replicant detach ${site}".`,
    ),
  ]
}

function checkDigest({ site, shared, differs, unequalMs }: ReplicationFact): Finding[] {
  if (unequalMs < LONG_MS || (!differs && shared === 0)) return []
  return [
    warning(
      'replication',
      'replication-agrees',
      `${site} and this site have not been seen to hold the same for ${minutes(unequalMs)}`,
      differs
        ? 'Look at "cheops replicant ls" at both for what is not "agrees", and at their logs.'
        : `They compare when they reach each other and nothing is on its way: "cheops site show ${site}", "cheops status".`,
    ),
  ]
}

const minutes = (ms: number): string =>
  ms < 7_200_000 ? `${String(Math.floor(ms / 60_000))} min` : `${String(Math.floor(ms / 3_600_000))} h`

/** Whether the resources that are replicated here are as they should be. */
export function checkReplicants(fact: ReplicantsFact): Finding[] {
  const { replicants, conflicts, diverged, undecided, behind } = fact
  const findings: Finding[] = [...checkExposure(fact), ...checkUnverified(fact)]
  if (behind > 0) findings.push(checkBehind(fact))
  if (diverged > 0)
    findings.push(
      warning(
        'replication',
        'replication-diverged',
        `${resources(diverged)} here ${diverged === 1 ? 'differs' : 'differ'} from the other members and could not be repaired yet`,
        '"cheops replicant ls" shows what is diverged, and why. "cheops replicant repair" tries it now.',
      ),
    )
  if (undecided > 0)
    findings.push(
      warning(
        'replication',
        'replication-undecided',
        `${resources(undecided)} ${undecided === 1 ? 'takes' : 'take'} no writes here until somebody decides`,
        'See what is unbound or uncertain: "cheops replicant ls", and say what is of it: "cheops conflict resolve".',
      ),
    )
  if (conflicts > 0)
    findings.push(
      warning(
        'replication',
        'replication-conflicts',
        `${String(conflicts)} ${conflicts === 1 ? 'write has' : 'writes have'} lost, and nobody has settled ${conflicts === 1 ? 'it' : 'them'}`,
        'Look at "cheops conflict ls"; "cheops conflict resolve" keeps what counts, or takes what was lost.',
      ),
    )
  if (findings.length > 0 || replicants === 0) return findings
  return [
    ok(
      'replication',
      'replication-diverged',
      `${resources(replicants)} ${replicants === 1 ? 'is' : 'are'} replicated here, and as it should be`,
    ),
  ]
}

function checkBehind({ behind, behindMs, behindStatus }: ReplicantsFact): Finding {
  const isDenied = behindStatus === 401 || behindStatus === 403
  return warning(
    'replication',
    'replication-behind',
    `${resources(behind)} here ${behind === 1 ? 'has' : 'have'} waited for up to ${minutes(behindMs)} to be brought up to date: ${answeredText(behindStatus)}`,
    isDenied
      ? "What other sites have written is carried out with the agent's own account: give it one that may do so (services[].credential)."
      : 'See whether the application answers at its endpoint ("cheops service ls"), and its own log; what waits is tried again by itself.',
  )
}

/** What an application has answered, or that it has not. */
export function answeredText(status: number | undefined): string {
  return status === undefined ? 'the application does not answer' : `the application answers ${String(status)}`
}

const resources = (count: number): string => `${String(count)} ${count === 1 ? 'resource' : 'resources'}`

/** What nobody can check here. */
function checkUnverified({ unverified }: ReplicantsFact): Finding[] {
  return unverified.map(({ origin, from, replicants }) =>
    warning(
      'replication',
      'replication-unverified',
      `${resources(replicants)} that ${from.join(', ')} ${from.length === 1 ? 'tells' : 'tell'} of cannot be verified here: the key by which ${origin} has signed is not known`,
      `If ${origin} is only down they come when it is back. If it is gone, or has lost its key, a member that this site lets write them can vouch for them: "cheops service add SERVICE --expose-sites ${from.join(',')} --expose-methods '*' --save" here. One that this site has added itself, and does not know as a member since it has lost its disk and its key, is added once more: "cheops replicant attach ${from[0] ?? 'SITE'} SERVICE/KIND/NAME" here.`,
    ),
  )
}

/** What this site does not let others write, and what others do not let it. */
function checkExposure({ failing, withheld }: ReplicantsFact): Finding[] {
  const { replicants, from } = withheld
  const held =
    replicants === 0
      ? []
      : [
          warning(
            'replication',
            'replication-withheld',
            `${resources(replicants)} of ${from.join(', ')} ${replicants === 1 ? 'is' : 'are'} not replicated here: this site does not let ${from.length === 1 ? 'that site' : 'those sites'} (expose)`,
            `Let ${from.length === 1 ? 'it' : 'them'}: "cheops service add SERVICE --expose-sites ${from.join(',')} --expose-methods '*' --save" (or at least POST and PUT, which a replicated create takes both); what waits comes within a minute.`,
          ),
        ]
  return [
    ...held,
    ...failing.map(({ site, replicants: count, errors, statuses }) =>
      warning(
        'replication',
        'replication-failing',
        `${site} does not carry out what was written here to ${resources(count)}: ${[...errors, ...statuses.map(answeredText)].join(', ') || answeredText(undefined)}`,
        failingHint(site, errors, statuses),
      ),
    ),
  ]
}

function failingHint(site: string, errors: readonly string[], statuses: readonly number[]): string {
  if (errors.includes('ERR_SYNC_ORIGIN'))
    return `${site} cannot verify who has created it, since the key of that is not known there: see "cheops check" of ${site}. "cheops replicant ls" shows which.`
  if (errors.length === 0 && statuses.length > 0)
    return `"cheops replicant ls" shows which. Once the application of ${site} takes it, it has the state of another member within its next round, or at once by "cheops replicant repair" there.`
  return errors.includes('ERR_FORWARD_NOT_EXPOSED')
    ? `The agent of ${site} must let this site: "cheops service add SERVICE --expose-sites …" there. "cheops replicant ls" shows which.`
    : `"cheops replicant ls" shows which; look at "cheops replicant ls" and "cheops check" of ${site}.`
}
