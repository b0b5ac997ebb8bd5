import type { Schema } from './route.ts'
import { choice, integer, list, moment, number, object, text } from './schema-words.ts'

/** How the replicants of a site stand. */
export const replicationCounts = object(
  {
    state: { ...choice('counting', 'counted'), description: 'The numbers are there when they are counted.' },
    replicants: integer,
    conflicts: { type: 'integer', description: 'Writes without effect that nobody has settled.' },
    diverged: { type: 'integer', description: 'Replicants that differ here and could not be repaired yet.' },
    undecided: { type: 'integer', description: 'That take no writes here until somebody decides.' },
    behind: {
      type: 'integer',
      description: 'Whose application here could not be brought up to date for more than a minute.',
    },
    behindMs: { type: 'number', description: 'For how long the first of them, milliseconds.' },
    behindStatus: {
      type: 'integer',
      description: 'HTTP status that most of their applications answered last; not there: they did not answer.',
    },
    failing: {
      ...list(object({ site: text, replicants: integer, errors: list(text), statuses: list(integer) })),
      description:
        'Other members that do not carry writes of this site out, of how many replicants, codes of errors that say why, and what their applications have answered.',
    },
    withheld: {
      ...object({ replicants: integer, from: list(text) }),
      description: 'What other sites have created here too, and this site does not let them; not among "replicants".',
    },
    unverified: {
      ...list(object({ origin: text, from: list(text), replicants: integer })),
      description:
        'What the sites "from" tell of, and cannot be taken since the key by which "origin" has signed it is not known here; not among "replicants".',
    },
  },
  'replicants',
  'conflicts',
  'diverged',
  'undecided',
  'behind',
  'behindMs',
  'behindStatus',
  'failing',
  'withheld',
  'unverified',
)

const conflict = object(
  {
    replicant: object({ service: text, kind: text, name: text }),
    operation: { type: 'string', description: 'As the header Cheops-Operation has it.' },
    type: text,
    site: { type: 'string', description: 'Where a client wrote it.' },
    at: moment,
    why: choice('replaced', 'deleted', 'other-life', 'removed-member', 'refused'),
    detail: text,
    against: { type: 'string', description: 'The operation that counts instead, where one can be named.' },
  },
  'against',
)
const replicaState = choice('agrees', 'busy', 'uncertain', 'unbound', 'diverged')
const siteOutcome = object(
  {
    site: text,
    outcome: choice('pending', 'applied', 'superseded', 'void', 'failed', 'uncertain'),
    status: integer,
    error: { type: 'string', description: 'Code of an error that says why, where no answer of the application does.' },
    at: { type: 'number', description: 'When that site has told it, Unix milliseconds; 0 where it has told nothing.' },
  },
  'status',
  'error',
)
const replicantName = {
  service: text,
  kind: text,
  name: text,
  members: list(text),
  state: { ...replicaState, description: 'How it stands at this site; elsewhere: "failing".' },
  deleted: {
    type: 'boolean',
    description: 'It was deleted, and is remembered so that nothing that comes late brings it back.',
  },
  reason: { type: 'string', description: 'Why it is uncertain, unbound or diverged.' },
  failing: {
    ...list(
      object(
        {
          site: text,
          operation: text,
          outcome: choice('failed', 'uncertain', 'pending'),
          status: integer,
          error: text,
        },
        'status',
        'error',
      ),
    ),
    description:
      'Other members that have not carried out what was written here, with the first such write: what their applications have answered, or the code of an error that says why; "pending" for more than a minute.',
  },
}
const page = (items: Schema): Schema =>
  object(
    {
      items: list(items),
      next: { type: 'string', description: 'For "after" of the next page. It may be there although "items" is empty.' },
    },
    'next',
  )
function historyEntry(more: Readonly<Record<string, Schema>> = {}): Schema {
  return object(
    {
      operation: { type: 'string', description: 'As the header Cheops-Operation has it.' },
      site: { type: 'string', description: 'Where a client wrote it.' },
      at: moment,
      type: text,
      request: object({ method: text, path: text, bytes: integer }),
      members: object({ added: list(text), removed: list(text) }),
      fate: choice('executed', 'queued', 'waits', 'superseded', 'conflict', 'uncertain'),
      detail: text,
      life: { type: 'string', description: 'The create of the life that it belongs to.' },
      sites: list(
        object(
          {
            site: text,
            outcome: choice('pending', 'applied', 'superseded', 'void', 'failed', 'uncertain', 'received', 'unknown'),
            status: integer,
            error: text,
            at: number,
          },
          'status',
          'error',
        ),
      ),
      ...more,
    },
    'type',
    'request',
    'members',
    'detail',
    'life',
    'why',
  )
}

/** What the admin API answers, and takes, about what is replicated. */
export const REPLICATION_SCHEMAS = {
  Replicants: page(object({ ...replicantName, conflicts: { type: 'integer', description: 'How many.' } }, 'reason')),
  Replicant: object(
    {
      ...replicantName,
      detail: {
        type: 'string',
        description: 'Of one that is unbound: what to do about it, where more is known than that the name is taken.',
      },
      unchecked: {
        type: 'boolean',
        description:
          'True of one that agrees as far as is known, and whose application was not looked at yet since the agent has started.',
      },
      conflicts: list(conflict),
      conflictsForgotten: {
        type: 'integer',
        description: 'How many older ones were given up, as far as is known here; left out where none was.',
      },
      missingBodies: list(object({ hash: text, bytes: integer, here: integer })),
      operations: list(object({ operation: text, sites: list(siteOutcome) })),
    },
    'detail',
    'reason',
    'unchecked',
    'conflictsForgotten',
  ),
  Conflicts: page(conflict),
  History: object(
    {
      ...replicantName,
      operations: list(historyEntry()),
      omitted: { type: 'integer', description: 'Older ones that are left out.' },
    },
    'reason',
  ),
  Operation: historyEntry({
    replicant: object({ service: text, kind: text, name: text }),
    why: choice('replaced', 'deleted', 'other-life', 'removed-member', 'refused'),
    done: {
      type: 'boolean',
      description:
        'Nothing more will come by itself; where an error is told, once that is mended. Known only at the site where it was written.',
    },
    version: { type: 'string', description: 'For "known" of the next question.' },
  }),
  OperationBody: object(
    {
      operation: text,
      method: text,
      path: text,
      headers: list(list(text)),
      bytes: integer,
      encoding: choice('none', 'text', 'base64', 'elsewhere'),
      body: { type: 'string', description: 'As "encoding" says.' },
      hash: { type: 'string', description: 'SHA-256 in hexadecimal, of a body that is too large to be shown.' },
    },
    'body',
    'hash',
  ),
  Detach: object(
    {
      replicants: {
        ...list(text),
        description: 'SERVICE/KIND/NAME each; without it all of which the site is a member.',
      },
      force: { type: 'boolean', description: 'Although the site is alive.' },
    },
    'replicants',
    'force',
  ),
  Detached: object(
    {
      detached: list(object({ replicant: object({ service: text, kind: text, name: text }), operation: text })),
      kept: {
        ...list(object({ service: text, kind: text, name: text })),
        description: 'Not detached: no member would be left.',
      },
      next: { type: 'string', description: 'For "after" of the next page.' },
    },
    'next',
  ),
  Attach: object(
    {
      replicants: {
        ...list(text),
        description: 'SERVICE/KIND/NAME each; without it all from which the site was removed.',
      },
    },
    'replicants',
  ),
  Attached: object(
    {
      attached: list(object({ replicant: object({ service: text, kind: text, name: text }), operation: text })),
      next: { type: 'string', description: 'For "after" of the next page.' },
    },
    'next',
  ),
  Repair: object(
    {
      result: choice('copied', 'nobody', 'not-yet', 'busy', 'not-taken', 'not-exposed', 'unclear'),
      waitsFor: { ...list(text), description: 'Sites that are there, and not connected or compared yet.' },
    },
    'waitsFor',
  ),
  Adopt: object(
    {
      scope: { type: 'string', description: 'Members with "&" between them, this site among them.' },
      overwrite: {
        type: 'boolean',
        description: 'What other members have by the name gives way where it shows something else.',
      },
    },
    'overwrite',
  ),
  Adopted: object(
    {
      operation: { type: 'string', description: 'The create of its life, as the header Cheops-Operation has it.' },
      members: list(text),
      neverShown: {
        ...list(text),
        description: 'What the application never shows, JSON Pointers: other members have it once somebody writes it.',
      },
    },
    'neverShown',
  ),
  Resolved: object({
    how: choice('keep', 'take', 'adopt', 'replace', 'leave', 'done', 'undone'),
    settled: { ...list(text), description: 'Operations that were conflicts, or in doubt.' },
  }),
  ReplicationPeer: object(
    {
      site: text,
      connected: { type: 'boolean' },
      outbox: { type: 'integer', description: 'Entries that the site has not received.' },
      lagMs: { type: 'number', description: 'For how long the oldest of them waits; 0: none waits.' },
      shared: { type: 'integer', description: 'Replicants that both are members of.' },
      digest: choice('agrees', 'differs', 'unknown'),
      agreedAt: moment,
    },
    'shared',
    'agreedAt',
  ),
} as const satisfies Record<string, Schema>
