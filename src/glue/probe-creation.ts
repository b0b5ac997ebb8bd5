import { isSuccess } from '../core/resource/success.ts'
import type { Answer } from './instance-request.ts'
import { idIn } from './naming.ts'
import { pointerSet } from './pointer.ts'
import { acceptHint, detailOf, type ProbedKind } from './probed-kind.ts'
import { compileTemplate, matchEnd, splitPath } from './template.ts'
import { traitsOf } from './traits.ts'

/** A resource of the kind that was made to try it. */
export interface MadeProbe {
  readonly path: string
  readonly id: string
  /** The ID that it was to have; another one where the application chooses. */
  readonly asked: string
}

/**
 * The ID that a probe is to have, in a folder where the kind has some. Where the example says one, it has that form: some applications take no other
 * (names of DNS zones end in a dot).
 */
export function nameOfProbe({ own, hasFolders, kind }: ProbedKind): string {
  if (hasFolders) return `${own}/probe`
  const said = idIn(kind.example, traitsOf(kind).idAt.slice(0, 1))
  return said.is === 'id' ? said.id.replace(/[\w-]*/, own) : own
}

/** Makes one; undefined when none was made, which is said. */
export async function createProbe(probed: ProbedKind): Promise<MadeProbe | undefined> {
  const created = await create(probed, nameOfProbe(probed))
  return created === undefined && probed.hasFolders ? createFlat(probed) : created
}

async function create(probed: ProbedKind, asked: string): Promise<MadeProbe | undefined> {
  const { kind } = probed
  const at = traitsOf(kind).idAt
  const from = kind.id?.from ?? 'either'
  const put = kind.create?.method === 'PUT'
  const given: unknown = kind.example ?? {}
  const { marker } = kind
  const isText = typeof given === 'string'
  const example = marker === undefined || isText ? given : pointerSet(given, marker.at, asked)
  const withId = isText ? given : pointerSet(example, at[0] ?? '/id', asked)
  const ownPath = probed.pathOf(asked)
  const send = (body: unknown) => probed.send('create', put ? 'PUT' : 'POST', put ? ownPath : kind.collection, body)
  let answer = await send(from === 'client' && !put ? withId : example)
  // Where either may choose, some applications want an ID all the same, and others refuse one that is not in their form.
  if (from === 'either' && !put && (answer?.status === 400 || answer?.status === 422)) answer = await send(withId)
  if (answer === undefined || !isSuccess(answer.status)) {
    if (answer !== undefined) {
      const isBare = kind.example === undefined && answer.status !== 406
      const hint = isBare ? '; give the kind an "example": a body that the application takes' : acceptHint(answer)
      probed.say('error', ['create'], `a create was answered ${answer.status}${detailOf(answer)}${hint}`)
    }
    // Nobody knows what a broken answer leaves behind; with an ID of our own it can be looked for.
    if (answer === undefined && (put || from === 'client')) return { path: ownPath, id: asked, asked }
    return undefined
  }
  if (put) return { path: ownPath, id: asked, asked }
  return identify(probed, answer, at, from, asked)
}

/** Where a folder has to be there before something is made in it: the same without one. */
async function createFlat(probed: ProbedKind): Promise<MadeProbe | undefined> {
  const refused = probed.findings.pop()
  const created = await create(probed, probed.own)
  if (created === undefined) return undefined
  const message = `what stands in a folder that is not there cannot be made${refused === undefined ? '' : ` (${refused.message})`}: make folders at each site first, or let the application make them`
  probed.say('warning', ['resource'], message)
  return created
}

function identify(
  probed: ProbedKind,
  answer: Answer,
  at: readonly string[],
  from: string,
  asked: string,
): MadeProbe | undefined {
  const template = compileTemplate(probed.kind.resource)
  const found = idIn(probed.shown(answer), at)
  const inBody = found.is === 'id' ? found.id : undefined
  const inLocation =
    answer.location === null
      ? undefined
      : matchEnd(template, splitPath(new URL(answer.location, `${probed.url}/`).pathname, 256).decoded)?.get('id')
  const places = at.join('" or "')
  const id = inBody ?? inLocation
  if (from === 'client') {
    if (id !== undefined && id !== asked) {
      probed.say(
        'error',
        ['id', 'from'],
        `the application chose the ID itself ("${id}"): write from: server or from: either`,
      )
      return { path: probed.pathOf(id), id, asked }
    }
    return { path: probed.pathOf(asked), id: asked, asked }
  }
  if (id === undefined) {
    if (probed.findFrame(answer, probed.kind.example))
      probed.say('note', ['id', 'at'], `a probe may be left at ${probed.url}${probed.kind.collection}`)
    else
      probed.say(
        'error',
        ['id', 'at'],
        `the answer to the create has no ID at "${places}" and no Location; a probe may be left at ${probed.url}${probed.kind.collection}`,
      )
    return undefined
  }
  if (inBody === undefined) {
    probed.say('warning', ['id', 'at'], `the answer to the create has no ID at "${places}"; Location has it`)
  }
  return { path: probed.pathOf(id), id, asked }
}
