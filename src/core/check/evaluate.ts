import type { CheckFacts, Finding } from './facts.ts'
import { checkMachine } from './machine.ts'
import { checkMesh } from './mesh.ts'
import { checkReplicants, checkReplication } from './replication.ts'

/**
 * Judges what is known of an agent and its surroundings. Pure: `cheops check --config FILE` gives facts of the machine alone,
 * a running agent gives all.
 */
export function evaluateCheck(facts: CheckFacts): readonly Finding[] {
  const { replication = [], replicants } = facts
  return [
    ...checkMachine(facts),
    ...checkMesh(facts),
    ...checkReplication(replication),
    ...(replicants === undefined ? [] : checkReplicants(replicants)),
  ]
}

/**
 * The checks that say whether an agent can do its work: an error among these makes `/readyz` answer 503. A site that is cut
 * off, or whose application is down, is ready all the same, and says so: it takes its clients to other sites, and what others write waits for it
 * here; to be started anew, or left out by a load balancer, would take that away and mend nothing. That an operator has cut off others, that these
 * have waited long for what was written here, and that resources here are not as they should be, are warnings among them.
 */
const READINESS: ReadonlySet<string> = new Set([
  'agent-serving',
  'data-folder',
  'port-free',
  'site-name',
  'cut',
  'store',
  'replication-lag',
  'replication-agrees',
  'replication-diverged',
  'replication-undecided',
  'replication-behind',
])

export const isReadiness = (finding: Finding): boolean => READINESS.has(finding.id)
