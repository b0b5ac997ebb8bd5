/** What outboxes hold. README.md, "Entries". */
import {
  bad,
  count,
  decoded,
  encoded,
  hash,
  hashBytes,
  plain,
  present,
  replicant,
  site,
  small,
  text,
  tooLarge,
  whole,
} from './fields.ts'
import { SYNC_LIMITS as LIMITS } from './limits.ts'
import { matrixHash, matrixText, readMatrixText } from './matrix-text.ts'
import { OriginReader, OriginWriter } from './origins.ts'
import * as pb from './pb/message.ts'
import {
  KNOWN_LIMITS,
  SUMMARY_LIMITS,
  checkedSealed,
  isEnvelope,
  checkedSummary,
  sealedMessage,
  summaryMessage,
} from './transfer-codec.ts'
import type { Bytes } from './fields.ts'
import type { LifeKnowledge, ReplicantName } from '../../src/core/oplog/index.ts'
import type { Came, Outcome, OutboxEntry, Shown } from '../../src/ports/sync.ts'

type EntryOf<K extends OutboxEntry['kind']> = Extract<OutboxEntry, { kind: K }>

/** In the order of their numbers on the wire, from 0. */
export const OUTCOMES: readonly Outcome[] = ['pending', 'applied', 'superseded', 'void', 'failed', 'uncertain']

const DECODE = {
  limits: {
    acknowledgement: {
      origins: LIMITS.origins,
      lives: LIMITS.lives,
      lives$: KNOWN_LIMITS,
    },
    outcome: { origins: LIMITS.origins },
    removal: { origins: LIMITS.origins, held: LIMITS.contextDots },
    transfer: {
      origins: LIMITS.origins,
      operations: LIMITS.transferOperations,
      summary: SUMMARY_LIMITS,
    },
  },
} as const

export function encodeEntry(entry: OutboxEntry): Bytes {
  const bytes = pb.Entry.encode(entryMessage(entry))
  return surelyFits(entry, bytes) ? bytes : encoded(bytes, decodeEntry)
}

/** What is said most often, of what was within the limits when it was read or written here, needs not be read back. */
function surelyFits(entry: OutboxEntry, bytes: Bytes): boolean {
  switch (entry.kind) {
    case 'operation':
      return isEnvelope(entry.operation)
    case 'acknowledgement':
      return bytes.length <= SMALL_BYTES && isNamed(entry.replicant) && isWhy(entry.came ?? {})
    case 'outcome':
      return bytes.length <= SMALL_BYTES && isNamed(entry.replicant) && isWhy(entry)
    case 'removal':
    case 'matrix':
    case 'transfer':
    case 'unknown':
      return false
  }
}

/** So few bytes hold fewer dots and origins than any limit allows. */
const SMALL_BYTES = 4096

function isStatus(status: number | undefined): boolean {
  return status === undefined || (status >= 100 && status <= 599)
}

function isErrorCode(code: string | undefined): boolean {
  return code === undefined || /^[A-Z][A-Z0-9_]{0,63}$/.test(code)
}

function isWhy({ status, error }: Pick<Came, 'status' | 'error'>): boolean {
  return isStatus(status) && isErrorCode(error)
}

function isNamed({ kind, name }: ReplicantName): boolean {
  return kind.length <= LIMITS.kindLength && name.length <= LIMITS.nameLength && name.isWellFormed()
}

export function decodeEntry(bytes: Uint8Array): OutboxEntry {
  if (bytes.length > LIMITS.entryBytes) throw bad(`an entry has more than ${LIMITS.entryBytes} bytes`)
  const entry = decoded(() => pb.Entry.decode(plain(bytes), DECODE))
  const { operation, acknowledgement, outcome, removal, matrix, transfer } = entry
  const known = [operation, acknowledgement, outcome, removal, matrix, transfer].filter(each => each !== undefined)
  if (known.length > 1) throw bad('an entry is more than one thing')
  if (operation !== undefined) return { kind: 'operation', operation: checkedSealed(operation) }
  if (acknowledgement !== undefined) return checkedAcknowledgement(acknowledgement)
  if (outcome !== undefined) return checkedOutcome(outcome)
  if (removal !== undefined) return checkedRemoval(removal)
  if (matrix !== undefined) return checkedMatrix(matrix)
  if (transfer !== undefined) return checkedTransfer(transfer)
  return { kind: 'unknown' }
}

function entryMessage(entry: OutboxEntry): Partial<pb.Entry> {
  switch (entry.kind) {
    case 'operation':
      return { operation: sealedMessage(entry.operation) }
    case 'acknowledgement':
      return { acknowledgement: acknowledgementMessage(entry) }
    case 'outcome':
      return { outcome: outcomeMessage(entry) }
    case 'removal':
      return { removal: removalMessage(entry) }
    case 'matrix':
      return { matrix: matrixMessage(entry) }
    case 'transfer':
      return { transfer: transferMessage(entry) }
    case 'unknown':
      throw tooLarge('it is of another version.')
  }
}

export function livesMessage(lives: readonly LifeKnowledge[], origins: OriginWriter): pb.LifeKnowledge[] {
  return lives.map(known => ({ life: origins.id(known.life), ...origins.known(known) }))
}

export function checkedLives(lives: readonly pb.LifeKnowledge[], origins: OriginReader): readonly LifeKnowledge[] {
  return lives.map(known => ({ life: origins.id(known.life), ...origins.known(known) }))
}

function acknowledgementMessage(entry: EntryOf<'acknowledgement'>): pb.Acknowledgement {
  const { replicant, lives, clock, shown, came } = entry
  const origins = new OriginWriter()
  return {
    replicant,
    lives: livesMessage(lives, origins),
    clockMs: whole(clock.ms),
    clockCounter: small(clock.counter),
    ...(shown !== undefined && { shown: shownMessage(shown) }),
    ...(came !== undefined && { came: cameMessage(came, origins) }),
    origins: origins.origins,
  }
}

function shownMessage({ hash: of, diverged, fits }: Shown): pb.Shown {
  return { diverged, fits, ...(of !== undefined && { hash: hashBytes(of) }) }
}

function checkedShown({ hash: of, diverged, fits }: pb.Shown): Shown {
  return { hash: of === undefined ? undefined : hash(of), diverged, fits }
}

function checkedAcknowledgement(message: pb.Acknowledgement): OutboxEntry {
  const origins = new OriginReader(message.origins)
  return {
    kind: 'acknowledgement',
    replicant: replicant(message.replicant),
    lives: checkedLives(message.lives, origins),
    clock: { ms: count(message.clockMs), counter: message.clockCounter },
    ...(message.shown !== undefined && { shown: checkedShown(message.shown) }),
    ...checkedCame(message.came, origins),
  }
}

function cameMessage({ dot, outcome, status, at, error }: Came, origins: OriginWriter): pb.Came {
  const came = { dot: origins.dot(dot), outcome: OUTCOMES.indexOf(outcome), status: status ?? 0, at: whole(at) }
  return { ...came, error: error ?? '' }
}

/** A later version may know of more outcomes: nothing is said then. */
function checkedCame(message: pb.Came | undefined, origins: OriginReader): { readonly came?: Came } {
  const outcome = message && OUTCOMES[message.outcome]
  if (message === undefined || outcome === undefined) return {}
  return { came: { dot: origins.dot(message.dot), outcome, ...checkedWhy(message), at: count(message.at) } }
}

/** An answer's status, and the code of an error: a later version may know of others. */
function checkedWhy({ status, error }: pb.Came | pb.Outcome): Pick<Came, 'status' | 'error'> {
  if (status !== 0 && !isStatus(status)) throw bad('a status is none')
  if (error !== '' && !isErrorCode(error)) throw bad('the code of an error is none')
  return { ...(status !== 0 && { status }), ...(error !== '' && { error }) }
}

function outcomeMessage({ replicant, life, dot, site, outcome, status, at, error }: EntryOf<'outcome'>): pb.Outcome {
  const origins = new OriginWriter()
  return {
    replicant,
    life: origins.id(life),
    dot: origins.dot(dot),
    site,
    outcome: OUTCOMES.indexOf(outcome),
    status: status ?? 0,
    at: whole(at),
    error: error ?? '',
    origins: origins.origins,
  }
}

function checkedOutcome(message: pb.Outcome): OutboxEntry {
  const outcome = OUTCOMES[message.outcome]
  // A later version may know more of them.
  if (outcome === undefined) return { kind: 'unknown' }
  const origins = new OriginReader(message.origins)
  return {
    kind: 'outcome',
    replicant: replicant(message.replicant),
    life: origins.id(message.life),
    dot: origins.dot(message.dot),
    site: site(message.site),
    outcome,
    ...checkedWhy(message),
    at: count(message.at),
  }
}

function removalMessage({ replicant, told }: EntryOf<'removal'>): pb.Removal {
  const { life, removal, member, held } = told
  const origins = new OriginWriter()
  return {
    replicant,
    life: origins.id(life),
    removal: origins.id(removal),
    member,
    held: origins.dots(held),
    origins: origins.origins,
  }
}

function checkedRemoval(message: pb.Removal): OutboxEntry {
  const origins = new OriginReader(message.origins)
  return {
    kind: 'removal',
    replicant: replicant(message.replicant),
    told: {
      life: origins.id(message.life),
      removal: origins.id(message.removal),
      member: site(message.member),
      held: origins.context(message.held),
    },
  }
}

function matrixMessage({ hash, definition }: EntryOf<'matrix'>): pb.Matrix {
  if (matrixHash(definition) !== hash) throw tooLarge('a matrix has another name.')
  return { text: matrixText(definition) }
}

function checkedMatrix(message: pb.Matrix): OutboxEntry {
  const definition = readMatrixText(text(message.text, LIMITS.matrixLength, 'a matrix'))
  return { kind: 'matrix', hash: matrixHash(definition), definition }
}

function transferMessage({ replicant, transfer, more }: EntryOf<'transfer'>): pb.Transfer {
  const { life, operations, summary } = transfer
  const origins = new OriginWriter()
  return {
    replicant,
    life: origins.id(life),
    operations: operations.map(sealedMessage),
    ...(summary !== undefined && { summary: summaryMessage(summary, origins) }),
    more,
    origins: origins.origins,
  }
}

function checkedTransfer(message: pb.Transfer): OutboxEntry {
  const { summary, more } = message
  const origins = new OriginReader(message.origins)
  const life = origins.id(present(message.life, 'the life'))
  if (more && summary !== undefined) throw bad('a transfer goes on behind its summary')
  return {
    kind: 'transfer',
    replicant: replicant(message.replicant),
    transfer: {
      life,
      operations: message.operations.map(checkedSealed),
      ...(summary !== undefined && { summary: checkedSummary(summary, life, origins) }),
    },
    more,
  }
}
