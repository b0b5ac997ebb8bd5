/**
 * Creates of sites that this site lets create nothing. Anybody can sign a create, and two creates of one name share their members: so that
 * nobody makes itself a member of what is replicated here, or takes its name away, by a create that this site would not carry out anyway.
 */
import { newReplicant, sameDot, type LifeId, type Operation, type Replicant } from '../../../core/oplog/index.ts'
import type { Engine } from '../engine.ts'
import type { Commit } from '../store/commit.ts'
import type { Replica } from '../replica.ts'

type Rights = Pick<Engine['options'], 'site' | 'mayRun'>

/**
 * Whether a life is not to begin here: the name is replicated here, or is about to be, whoever would create it anew is and was no member of it by what
 * is held, and this site does not let it create. An operation of such a life, and a transfer, are refused; where the creator turns out to
 * be a member, they are found by comparing.
 */
export function isForeignLife({ options }: Engine, replica: Replica, life: LifeId): boolean {
  const { lives, waiting } = replica.core.replicant
  const { site: origin } = life.dot
  if (origin === options.site) return false
  const isHeld = ({ dot }: Pick<Operation, 'dot'>): boolean => sameDot(dot, life.dot)
  if (lives.some(held => isHeld(held.life)) || waiting.some(isHeld)) return false
  // What a create waits for comes by itself.
  const coming = lives.length > 0 ? [] : waiting.filter(operation => counts(options, replica, operation))
  if (lives.length + coming.length === 0) return false
  const wasMember =
    lives.some(({ changes }) => changes.some(({ site, member }) => member && site === origin)) ||
    coming.some(({ members }) => members?.added.includes(origin) === true)
  return !wasMember && !mayCreate(options, replica, life)
}

/**
 * What is held of a name only by creates that this site does not let anybody carry out here, and of which nothing was carried out, gives way to a
 * create that counts, and so do such creates that wait: else whoever is first would be a member of all that others create.
 *
 * @returns whether it was all forgotten, with the commit
 */
export function giveWay(engine: Engine, commit: Commit, replica: Replica, life: LifeId): boolean {
  const { options } = engine
  const { core, local, draft, name } = replica
  const { lives, waiting } = core.replicant
  const creates = waiting.filter(({ type }) => type === 'create')
  if (lives.length + creates.length === 0 || lives.some(held => sameDot(held.life.dot, life.dot))) return false
  if (local.bound || draft !== undefined || local.executed.operations.length > 0) return false
  const isOurs = (dot: LifeId['dot']): boolean => dot.site === options.site
  if (!isOurs(life.dot) && !mayCreate(options, replica, life)) return false
  if (lives.some(held => isOurs(held.life.dot) || mayCreate(options, replica, held.life))) return false
  const held = lives.flatMap(({ live, conflicts, outside, membership }) => [live, conflicts, outside, membership])
  const operations = new Set([...held.flat(), ...waiting])
  if ([...operations].some(({ dot }) => isOurs(dot))) return false
  if (lives.length === 0) {
    // What has overtaken the create that counts waits for it.
    const foreign = creates.filter(create => !sameDot(create.dot, life.dot) && !counts(options, replica, create))
    if (foreign.length === 0) return false
    forget(engine, commit, replica, foreign)
    const left = waiting.filter(operation => !foreign.includes(operation))
    commit.core(replica, { replicant: { ...core.replicant, waiting: left } })
    return false
  }
  forget(engine, commit, replica, operations)
  commit.core(replica, { replicant: newReplicant(name, options.site), acknowledgements: new Map() })
  return true
}

function forget({ bodies }: Engine, commit: Commit, replica: Replica, operations: Iterable<Operation>): void {
  for (const operation of operations) {
    commit.deleteOperation(replica, operation.dot)
    bodies.forget(commit, operation, 'operation')
  }
}

/**
 * Whether anything that is held of a name has a say here: something of it was carried out, written here, or may be carried out. A name
 * that only others have put here, who may do nothing here, is no resource of this site: requests for it are not replication's business.
 */
export function hasSay(engine: { readonly options: Rights }, replica: Replica): boolean {
  return haveSay(engine, replica, replica.core.replicant.lives)
}

/**
 * The same of lives that are about to be taken. A life counts by what may make the resource here: its create, or a reset of somebody who may create; that
 * a change of it, or the end of it, may run here makes nobody a member.
 */
export function haveSay(
  { options }: { readonly options: Rights },
  { local, draft }: Replica,
  lives: Replicant['lives'],
): boolean {
  if (local.bound || local.unbound || draft !== undefined || local.executed.operations.length > 0) return true
  return lives.some(({ life, live, conflicts, membership }) => {
    if (life.dot.site === options.site) return true
    return [...live, ...conflicts, ...membership].some(
      operation => operation.dot.site === options.site || (MAKES.has(operation.type) && options.mayRun(operation)),
    )
  })
}

const MAKES: ReadonlySet<string> = new Set(['create', 'replace', 'state'])

/** Whether it is a create that this site carries out. */
function counts(options: Engine['options'], replica: Replica, { type, life }: Operation): boolean {
  return type === 'create' && (life.dot.site === options.site || mayCreate(options, replica, life))
}

function mayCreate(options: Engine['options'], replica: Replica, { dot: { site } }: LifeId): boolean {
  return mayDo(options, replica, site, 'create')
}

/** Whether this site lets another do what needs no more than its type to be known. */
export function mayDo(
  { mayRun }: Pick<Engine['options'], 'mayRun'>,
  { name }: Pick<Replica, 'name'>,
  site: string,
  type: 'create' | 'replace',
): boolean {
  const dot = { site, incarnation: '', number: 1 }
  const stamp = { ms: 0, counter: 0 }
  return mayRun({ dot, stamp, life: { dot, stamp }, replicant: name, type, context: [] })
}

/** What others have put under a name, and nobody here was to carry out, does not stand in the way of a client's create. */
export async function takeNameBack(engine: Engine, replica: Replica): Promise<void> {
  const { clock, options } = engine
  const { site, incarnation } = options
  const life = { stamp: clock, dot: { site, incarnation, number: 0 } }
  await engine.replicas.commit(commit => void giveWay(engine, commit, replica, life))
}
