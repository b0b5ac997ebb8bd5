import { hasDotSegment } from '../core/resource/dot-segment.ts'
import { isSuccess } from '../core/resource/success.ts'
import type { Answer } from './instance-request.ts'
import { idIn } from './naming.ts'
import { pointerSet, withoutPointers } from './pointer.ts'
import { isInDoubt, removeDoubtful, removeProbe } from './probe-change.ts'
import { idsIn, readList } from './probe-list.ts'
import { alike, nameOfProbe } from './probe-name.ts'
import { acceptHint, detailOf, type ProbedKind } from './probed-kind.ts'
import { compileTemplate, matchEnd, splitPath } from './template.ts'
import { isMadeByPath, traitsOf } from './traits.ts'

/** A resource of the kind that a create to try it was answered with. */
export interface MadeProbe {
  readonly path: string
  readonly id: string
  /** The ID that it was to have; another one where the application chooses. */
  readonly asked: string
  /** The body of the create: the example, with that ID where the example says one. */
  readonly sent: unknown
  /** Of the answer to the create. */
  readonly status: number
  /** Its ID was drawn here: nobody else has it, neither before nor after. */
  readonly isDrawn: boolean
  /** The answer says that it was made (201), of an ID that the application chose: some say so of what they have found. */
  readonly isSaid: boolean
  /** IDs that were listed before the create; undefined where no list could be read. */
  readonly before: ReadonlySet<string> | undefined
}

/** What came of a create: what it has made, undefined where that cannot be tried, which was said; or why it was refused. */
type Created = { readonly made: MadeProbe | undefined } | { readonly refusal: string }

/** A body to create one with, and the ID in it, or for its path; none where the application is to choose. */
interface Attempt {
  readonly id: string | undefined
  readonly body: unknown
}

/** Makes one; undefined when none was made that can be tried, which is said. */
export async function createProbe(probed: ProbedKind): Promise<MadeProbe | undefined> {
  const isNamed = isMadeByPath(probed.kind)
  // What an application chooses the ID of may be something that was there already: a POST may find as well as make.
  const before = isNamed ? undefined : idsIn(probed.kind, await readList(probed, () => true))
  const first = await create(probed, nameOfProbe(probed), before)
  if ('made' in first) return first.made
  if (!probed.hasFolders) {
    probed.say('error', ['create'], first.refusal)
    return undefined
  }
  // Where a folder has to be there before something is made in it: the same without one.
  const flat = await create(probed, probed.own, before)
  if ('refusal' in flat) probed.say('error', ['create'], flat.refusal)
  if ('refusal' in flat || flat.made === undefined) return undefined
  const message = `what stands in a folder that is not there cannot be made (${first.refusal}): make folders at each site first, or let the application make them`
  probed.say('warning', ['resource'], message)
  return flat.made
}

async function create(probed: ProbedKind, name: string, before: ReadonlySet<string> | undefined): Promise<Created> {
  const { kind } = probed
  const isNamed = isMadeByPath(kind)
  let refused: { readonly answer: Answer; readonly attempt: Attempt } | undefined
  for (const attempt of attemptsOf(probed, name)) {
    const path = attempt.id === undefined ? undefined : probed.pathOf(attempt.id)
    if (path !== undefined && attempt.id !== name && (await isTaken(probed, path))) continue
    const to = isNamed && path !== undefined ? path : kind.collection
    const answer = await probed.send('create', kind.create?.method ?? 'POST', to, attempt.body)
    if (isInDoubt(answer)) {
      // With an ID of our own it can be looked for.
      if (path !== undefined) await removeDoubtful(probed, path, answer)
      else probed.say('warning', ['create'], `a probe may be left at ${probed.url}${kind.collection}`)
    }
    if (answer === undefined) return { made: undefined }
    if (isSuccess(answer.status)) return { made: identify(probed, { answer, attempt, name, before }) }
    refused = { answer, attempt }
    // Where either may choose, some applications want an ID all the same, and others refuse one that is not in their form.
    if (answer.status !== 400 && answer.status !== 422) break
  }
  return { refusal: refused === undefined ? 'nothing could be tried' : refusalOf(probed, refused) }
}

/** What nobody has drawn so far may still be there. */
async function isTaken(probed: ProbedKind, path: string): Promise<boolean> {
  const answer = await probed.send('read', 'GET', path, undefined, status => !isSuccess(status))
  return answer === undefined || isSuccess(answer.status)
}

/**
 * The bodies that are tried, one after the other. What the example says as ID is somebody's, perhaps: it is never sent. An ID that was drawn
 * stands in its place, one of the same form where the application takes no other, or none where it may choose.
 */
function attemptsOf({ kind, hasFolders }: ProbedKind, name: string): readonly Attempt[] {
  const { example: given = {}, marker } = kind
  const put = isMadeByPath(kind)
  if (typeof given === 'string') {
    const isSaid = put || given.includes(ID_IN_TEXT)
    return [{ id: isSaid ? name : undefined, body: given.replaceAll(ID_IN_TEXT, name) }]
  }
  const from = kind.id?.from ?? 'either'
  const { idAt } = traitsOf(kind)
  const said = idAt.filter(at => idIn(given, [at]).is !== 'none')
  const first = idAt.slice(0, 1)
  const places = put ? said : from === 'client' ? [...new Set([...first, ...said])] : said.length > 0 ? said : first
  const marked = (body: unknown, mark: string): unknown =>
    marker === undefined ? body : pointerSet(body, marker.at, mark)
  const named = (id: string): Attempt => ({
    id,
    body: marked(
      places.reduce<unknown>((body, at) => pointerSet(body, at, id), given),
      id,
    ),
  })
  const bare: Attempt = { id: undefined, body: marked(withoutPointers(given, said), name) }
  const id = idIn(given, said)
  const other = hasFolders || id.is !== 'id' ? undefined : alike(id.id)
  const drawn = [name, ...(other === undefined ? [] : [other])].map(named)
  if (put || from === 'client') return drawn
  if (from === 'server') return said.length === 0 ? [bare] : [bare, ...drawn]
  return said.length === 0 ? [bare, ...drawn] : [...drawn, bare]
}

/** In an example that is a text: where the ID stands. */
const ID_IN_TEXT = '{id}'

function refusalOf(
  { kind, url }: ProbedKind,
  { answer, attempt }: { readonly answer: Answer; readonly attempt: Attempt },
): string {
  const isBare = kind.example === undefined && answer.status !== 406
  const hint = isBare ? '; give the kind an "example": a body that the application takes' : acceptHint(answer)
  const isReplaced = attempt.id !== undefined && idIn(kind.example, traitsOf(kind).idAt).is === 'id'
  const replaced = isReplaced ? `; the ID of the example is somebody's, perhaps, so "${attempt.id}" stood for it` : ''
  // Who sends somebody on to look has often made one.
  const isMade = (answer.status >= 300 && answer.status < 400) || answer.status === 408
  const left = isMade ? `; a probe may be left at ${answer.location ?? `${url}${kind.collection}`}` : ''
  return `a create was answered ${answer.status}${detailOf(answer)}${hint}${replaced}${left}`
}

/**
 * Whether a create has made what it was answered with, where the list does not tell: whoever finds what is there by another field of the body finds it once more. A
 * second create that makes another one, or is refused since there is one, says that the first has made it. What the second has made is taken away again.
 */
export async function makesAnother(probed: ProbedKind, made: MadeProbe): Promise<'another' | 'same' | 'unknown'> {
  const { kind, url } = probed
  const answer = await probed.send('create', 'POST', kind.collection, made.sent, () => true)
  if (isInDoubt(answer) || answer === undefined) {
    // One that was interrupted before it was sent is none.
    if (answer !== undefined) probed.say('warning', ['create'], `a probe may be left at ${url}${kind.collection}`)
    return 'unknown'
  }
  if (!isSuccess(answer.status)) return REFUSED.has(answer.status) ? 'another' : 'unknown'
  const id = idInAnswer(probed, answer)
  if (id === made.id) return 'same'
  const path = id === undefined ? undefined : probed.pathOf(id)
  if (id === undefined || path === undefined || hasDotSegment(path) || made.before?.has(id) === true) {
    probed.say('warning', ['create'], `a probe may be left at ${url}${kind.collection}`)
    return 'unknown'
  }
  await removeProbe(probed, path)
  return 'another'
}

/** What is there is not made once more. */
const REFUSED: ReadonlySet<number> = new Set([400, 409, 422])

/** The ID of what a create was answered with: in its body, or in `Location`. */
function idInAnswer(probed: ProbedKind, answer: Answer): string | undefined {
  const found = idIn(probed.shown(answer), traitsOf(probed.kind).idAt)
  return found.is === 'id' ? found.id : idInLocation(probed, answer)
}

function idInLocation({ kind, url }: ProbedKind, { location }: Answer): string | undefined {
  const pathname = location === null ? undefined : URL.parse(location, `${url}/`)?.pathname
  if (pathname === undefined) return undefined
  return matchEnd(compileTemplate(kind.resource), splitPath(pathname, 256).decoded)?.get('id')
}

interface Answered {
  readonly answer: Answer
  readonly attempt: Attempt
  /** Of the probe, where the attempt has none. */
  readonly name: string
  readonly before: MadeProbe['before']
}

/** What a create that was answered with success has made, or has found. */
function identify(probed: ProbedKind, { answer, attempt, name, before }: Answered): MadeProbe | undefined {
  const { kind, url } = probed
  const { status } = answer
  const at = traitsOf(kind).idAt
  const asked = attempt.id ?? name
  const all = { asked, sent: attempt.body, status, before }
  const drawn = { ...all, path: probed.pathOf(asked), id: asked, isDrawn: true, isSaid: true }
  if (isMadeByPath(kind)) return drawn
  const found = idIn(probed.shown(answer), at)
  const inBody = found.is === 'id' ? found.id : undefined
  const id = idInAnswer(probed, answer)
  if (attempt.id !== undefined && (id === undefined || id === attempt.id)) return drawn
  const places = at.join('" or "')
  const left = `a probe may be left at ${url}${kind.collection}`
  if (id === undefined) {
    if (probed.findFrame(answer, kind.example)) probed.say('note', ['id', 'at'], left)
    else probed.say('error', ['id', 'at'], `the answer to the create has no ID at "${places}" and no Location; ${left}`)
    return undefined
  }
  const path = probed.pathOf(id)
  if (hasDotSegment(path)) {
    probed.say('error', ['id', 'at'], `the answer to the create has "${id}" for an ID, which leads elsewhere; ${left}`)
    return undefined
  }
  if (before?.has(id) === true) {
    const message = `a create is answered ${status} with what was there before ("${id}"): nothing more was tried. Look whether the create has changed it (${url}${path}), and give the example values that nobody has`
    probed.say('error', ['example'], message)
    return undefined
  }
  // A text may say an ID by itself, which somebody has.
  const mayBeSaid = typeof attempt.body === 'string' && kind.id?.from !== 'server'
  if (kind.id?.from === 'client' && !mayBeSaid)
    probed.say(
      'error',
      ['id', 'from'],
      `the application chose the ID itself ("${id}"): write from: server or from: either`,
    )
  else if (inBody === undefined)
    probed.say('warning', ['id', 'at'], `the answer to the create has no ID at "${places}"; Location has it`)
  return { ...all, path, id, isDrawn: false, isSaid: status === 201 && !mayBeSaid }
}
