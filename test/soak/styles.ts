/** How an application behaves that is replicated in a soak. Without a glue definition unless one is given. */
export interface Style {
  readonly name: string
  /** For people. */
  readonly what: string
  readonly glue?: string
  /** Of a thing that is not there: makes it, 404; or refused always (405). */
  readonly put: 'creates' | 'replaces' | 'refused'
  /** Shows fields that it sets by itself at each site. */
  readonly ownFields?: true
  /** Answers 202, and does it so many milliseconds later, at most. */
  readonly laterMs?: number
  /** PUT, PATCH and DELETE need `If-Match` (428, 412). */
  readonly strict?: true
  /** Each answer takes up to so many milliseconds. */
  readonly slowMs?: number
  /** So many of its requests are answered 5xx, half of them after they were carried out. */
  readonly fails?: number
  /** Somebody writes to it past Cheops. */
  readonly outsider?: true
  /** Names that clients spell in several ways in paths. */
  readonly spelt?: true
  /** Many bodies are of a hundred kilobytes and more: agents keep them as files, and fetch them from each other. */
  readonly large?: true
}

/** The only field by which things are compared and checked, besides these of {@link FIELDS}. */
export const FIELDS = ['f0', 'f1', 'f2', 'f3', 'f4'] as const

const glue = (name: string, more = ''): string => `glue: 1
application: ${name}
kinds:
  thing:
    collection: /things
    resource: /things/{id}
    id: {at: /id, from: client}
${more}`

export const STYLES: readonly Style[] = [
  { name: 'plain', what: 'PUT creates; no definition', put: 'creates' },
  {
    name: 'defined',
    what: 'the same with a definition, which compares all fields',
    put: 'creates',
    glue: glue('defined', '    create: {method: POST, also: [PUT]}\n'),
  },
  { name: 'post-only', what: 'created by POST alone, 409 where it is there, PUT 404 where it is not', put: 'replaces' },
  {
    name: 'own',
    what: 'shows fields of its own that differ at each site and with each write',
    put: 'replaces',
    ownFields: true,
  },
  {
    name: 'own-defined',
    what: 'the same, named by a definition',
    put: 'replaces',
    ownFields: true,
    glue: glue('own-defined', '    server-set: [/revision, /changedAt, /shop]\n'),
  },
  {
    name: 'async',
    what: 'answers 202, and does it up to 1.5 s later, in any order but what clients send',
    put: 'replaces',
    laterMs: 1_500,
  },
  {
    name: 'async-defined',
    what: 'the same, with a definition that says so',
    put: 'replaces',
    laterMs: 1_500,
    glue: glue('async-defined', '    settle-within: 10\n'),
  },
  { name: 'patch-only', what: 'PUT is 405: changed by PATCH alone', put: 'refused' },
  {
    name: 'spelt',
    what: 'names with blanks and other scripts, percent-encoded in several ways',
    put: 'replaces',
    spelt: true,
  },
  {
    name: 'strict',
    what: 'demands If-Match with the ETag that it shows',
    put: 'replaces',
    strict: true,
    glue: glue('strict', '    conditions: if-match\n'),
  },
  { name: 'large', what: 'bodies of up to a megabyte, which agents keep as files', put: 'replaces', large: true },
  { name: 'slow', what: 'takes up to 800 ms for each answer', put: 'replaces', slowMs: 800 },
  {
    name: 'failing',
    what: 'answers 5xx to one of twelve requests, before or after it has done it',
    put: 'replaces',
    fails: 1 / 12,
  },
  {
    name: 'outsider',
    what: 'somebody changes and deletes things past Cheops; a definition that compares all fields',
    put: 'replaces',
    outsider: true,
    glue: glue('outsider'),
  },
]
