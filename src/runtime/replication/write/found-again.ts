/**
 * Whether what a create makes can be found again under its name: every member reads it there. Else the create is refused, before it is sent where that
 * is known by then; what was made all the same is its site's own.
 */
import { isObject } from '../../../core/resource/json-object.ts'
import { CheopsError } from '../../../errors.ts'
import { ABSENT, type Found } from '../replica.ts'
import { withoutHidden } from '../drift/combined.ts'
import { wholeOf } from '../drift/whole.ts'
import { frameText, isFramed } from '../application/framed.ts'
import type { Resource } from '../application/resource.ts'
import type { Operation } from '../../../core/oplog/index.ts'
import type { ApplicationAnswer } from '../../../ports/application.ts'
import type { LocalWrite } from './local-write.ts'

/** Who asks in this way may not ask at all; whatever else is wrong with a request has to do with what it says. */
const OTHER_REASONS: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408, 410, 423, 425, 429])

/**
 * After the application was read, before the create is sent.
 * @throws CheopsError ERR_REPLICANT_RENAMED, ERR_REPLICANT_UNREADABLE
 */
export function checkBefore(site: string, resource: Resource, { head, path }: LocalWrite): void {
  const given = head.method === 'POST' ? resource.knownGivenName : undefined
  if (given !== undefined) throw renamed(site, resource, given, `Nothing was sent: the last one was called ${given}.`)
  const { lastStatus } = resource
  if (path.includes('?') && isRefusal(lastStatus)) throw unreadable(site, resource, lastStatus, 'Nothing was sent.')
}

/**
 * After the application has taken it.
 * @param draft the create
 * @throws as `checkBefore`
 */
export async function checkAfter(
  site: string,
  resource: Resource,
  { head, path }: LocalWrite,
  draft: Operation,
  answer: ApplicationAnswer,
): Promise<void> {
  const given = head.method === 'POST' ? await resource.givenName(path, answer) : undefined
  if (given !== undefined) throw renamed(site, resource, given, `It is ${given} now, at this site alone.`)
  if (resource.mayComeLater(answer)) return
  await checkFrame(site, resource, draft, answer)
  if (!path.includes('?')) return
  const reading = await resource.read()
  if (reading.is === 'absent' || (reading.is === 'unknown' && isRefusal(reading.status)))
    throw unreadable(site, resource, resource.lastStatus, 'It was made, at this site alone.')
}

/**
 * After the application has taken a change: whether it has moved the resource to another name. To all others it is what it was, and a request that was right once, and
 * never is again, could not be carried out anew.
 * @returns what its client is told then
 */
export async function movedBy(
  site: string,
  resource: Resource,
  { path }: LocalWrite,
  draft: Operation,
  answer: ApplicationAnswer,
): Promise<CheopsError | undefined> {
  if (draft.type === 'delete' || resource.mayComeLater(answer)) return undefined
  const written = resource.inlineStateIn(draft)
  const said = [
    resource.nameSaid(path, answer),
    resource.nameIn(resource.bodyIn(answer)),
    written === undefined ? undefined : resource.nameIn(written),
  ]
  const { name } = resource.name
  const given = said.find(other => other !== undefined && other !== name)
  // It may be any other ID, which the application shows besides, or does not take.
  if (given === undefined || (await resource.read()).is !== 'absent') return undefined
  const { kind } = resource.name
  const message = `The application at ${site} has given ${name} of ${kind} the name ${given}. It is ${given} now, at this site alone; ${name} is what it was at the other members, and is put back here.`
  return new CheopsError('ERR_REPLICANT_RENAMED', message, { name, given })
}

/**
 * What stands in a frame cannot be compared by what was written, nor put into another application as it is shown.
 * @throws CheopsError ERR_REPLICANT_UNREADABLE
 */
async function checkFrame(
  site: string,
  resource: Resource,
  draft: Operation,
  answer: ApplicationAnswer,
): Promise<void> {
  const { name, glue } = resource
  const idAt = glue.kind(name.kind)?.idAt ?? []
  const said = resource.bodyIn(answer)
  const written = await resource.stateIn(draft)
  if (said.is !== 'json' || written?.is !== 'json' || !isFramed(said.value, written.value, idAt)) return
  // Answers to writes may have one where reads have none.
  const reading = await resource.read()
  if (reading.is !== 'present' || reading.body.is !== 'json' || !isFramed(reading.body.value, written.value, idAt))
    return
  const message = `The application at ${site} shows ${name.name} in a frame, ${frameText(reading.body.value)}, and takes it without one: the definition of the application has to say where in it the resource stands (content). It was made, at this site alone.`
  throw new CheopsError('ERR_REPLICANT_UNREADABLE', message, { name: name.name })
}

/**
 * Whether a POST that says the name of what was there already has made something else, as the application says: then it is that site's own, and what
 * is replicated stays as it is.
 */
export function isOfAnother(
  resource: Resource,
  { head, path }: LocalWrite,
  answer: ApplicationAnswer,
  before: Found | undefined,
): boolean {
  if (head.method !== 'POST' || before === undefined || before === ABSENT) return false
  const said = resource.nameSaid(path, answer)
  return said !== undefined && said !== resource.name.name
}

/**
 * Whether a POST that was answered with success has left what was there as it is, and that is something else than was written: some applications answer with
 * what they have. It is then nobody's operation: all others would write what is written nowhere. An answer that shows what was written, or nothing, is believed; of a field
 * that was never written nobody knows whether it is shown as it is (a password).
 * @param known what was there before, places of fields that the application is known not to show, and what operations have written so far; none of what is not replicated
 */
export async function isLeftAsItIs(
  resource: Resource,
  { head }: LocalWrite,
  draft: Operation,
  answer: ApplicationAnswer,
  { before, hidden, written }: KnownBefore,
): Promise<boolean> {
  if (head.method !== 'POST' || before === undefined || before === ABSENT || resource.mayComeLater(answer)) return false
  const reading = await resource.read()
  if (reading.is !== 'present' || reading.hash !== before || reading.body.is !== 'json') return false
  const state = await resource.stateIn(draft)
  if (state?.is !== 'json') return false
  const whole = written.length === 0 ? state : await wholeOf(resource, written)
  if (whole === undefined) return false
  const said = { is: 'json', value: fieldsIn(withoutHidden(state.value, hidden), whole.value) } as const
  return resource.contradicts(resource.bodyIn(answer), said) && resource.contradicts(reading.body, said)
}

interface KnownBefore {
  readonly before: Found | undefined
  readonly hidden: readonly string[]
  readonly written: readonly Operation[]
}

/** Of a value the fields, at any depth, that another one has too. */
function fieldsIn(value: unknown, other: unknown): unknown {
  if (!isObject(value) || !isObject(other)) return value
  const common = Object.entries(value).filter(([name]) => Object.hasOwn(other, name))
  return Object.fromEntries(common.map(([name, field]) => [name, fieldsIn(field, other[name])]))
}

function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && !OTHER_REASONS.has(status)
}

function renamed(site: string, { name }: Resource, given: string, detail: string): CheopsError {
  const { kind } = name
  const message = `The application at ${site} has not taken the name ${name.name} for this resource of ${kind}. ${detail}`
  return new CheopsError('ERR_REPLICANT_RENAMED', message, { name: name.name, given })
}

function unreadable(site: string, { name }: Resource, status: number | undefined, detail: string): CheopsError {
  const message = `The application at ${site} answers ${String(status)} where ${name.name} is read under its path, without the query of this request. ${detail}`
  return new CheopsError('ERR_REPLICANT_UNREADABLE', message, { name: name.name })
}
