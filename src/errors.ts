/**
 * Every error that a client or a peer can see: one table, one class.
 *
 * A code is stable; its sentence is not. `status` is the HTTP status of the answer. It is never 409: clients of real
 * applications loop on that. `retry` is true only where certainly nothing happened, so that a client may send the request
 * again; only such an answer carries `Retry-After`.
 */
export interface ErrorSpec {
  /** HTTP status of the answer. */
  readonly status: number
  /** Title of the problem (RFC 9457): what kind of thing went wrong, in a few words, the same every time. */
  readonly title: string
  /** What the reader can do about it. */
  readonly hint: string
  /** Whether the request may be sent again after a while: certainly nothing has happened. */
  readonly retry?: true
}

export const ERRORS = {
  // Scope language (core/scope)
  ERR_SCOPE_SYNTAX: {
    status: 400,
    title: 'The scope cannot be read',
    hint: 'Look at the column that the caret marks. In a shell, quote the scope, or use the words and, or, cross.',
  },
  ERR_SCOPE_LIMIT: {
    status: 400,
    title: 'The scope is too large',
    hint: 'A scope has at most 4 KiB, is nested at most 32 deep and names at most 256 sites.',
  },
  ERR_SCOPE_UNKNOWN_SITE: {
    status: 404,
    title: 'The scope names a site that the mesh does not know',
    hint: 'See "cheops site ls" for the sites that are known here.',
  },
  ERR_SCOPE_UNKNOWN_SERVICE: {
    status: 404,
    title: 'The scope names a service that no site offers',
    hint: 'See "cheops service ls" for the services of the mesh.',
  },
  ERR_SCOPE_SERVICE_NOT_AT_SITE: {
    status: 404,
    title: 'The site does not offer this service',
    hint: 'See "cheops service ls" for which site offers what.',
  },
  ERR_SCOPE_EMPTY: {
    status: 422,
    title: 'The scope matches no site',
    hint: 'See "cheops site ls" for the sites and their labels.',
  },
  ERR_SCOPE_COLLABORATION: {
    status: 501,
    title: 'This agent does not yet replicate or cross',
    hint: 'Name one site, or sites with "||" between them.',
  },

  // Sites and forwarding (runtime, protocols/forward)
  ERR_SITE_UNKNOWN: {
    status: 404,
    title: 'The mesh does not know this site',
    hint: 'See "cheops site ls" for the sites that are known here.',
  },
  ERR_SITE_UNREACHABLE: {
    status: 503,
    title: 'The site cannot be reached',
    hint: 'Nothing was sent. See "cheops site show" for its state; with "site1 || site2" another site answers instead.',
    retry: true,
  },

  // Configuration (src/config) and administration (adapters/http/admin, cli)
  ERR_CONFIG_READ: {
    status: 500,
    title: 'The configuration file cannot be read',
    hint: 'Give a file with --config, or make one with "cheops init".',
  },
  ERR_CONFIG_INVALID: {
    status: 400,
    title: 'The configuration is not valid',
    hint: 'Correct what is listed. "cheops up --help" and src/config/README.md list all keys.',
  },
  ERR_CONFIG_FILE_EXISTS: {
    status: 400,
    title: 'A file that would be written exists already',
    hint: 'Choose another folder, or overwrite it with --force.',
  },
  ERR_ADMIN_UNAUTHORIZED: {
    status: 401,
    title: 'The admin API needs the token of this agent',
    hint: 'Send "Authorization: Bearer <token>"; the token stands in the file that admin.tokenFile names.',
  },
  ERR_ADMIN_NOT_FOUND: {
    status: 404,
    title: 'The admin API knows nothing by this name',
    hint: 'GET /openapi.json lists the routes; "cheops site ls", "peer ls" and "service ls" list what exists.',
  },
  ERR_ADMIN_METHOD: {
    status: 405,
    title: 'The route does not take this method',
    hint: 'GET /openapi.json lists the methods of each route.',
  },
  ERR_ADMIN_INPUT: {
    status: 400,
    title: 'The admin API cannot use this input',
    hint: 'GET /openapi.json describes what each route takes.',
  },
  ERR_ADMIN_BODY_SIZE: {
    status: 413,
    title: 'The body of the admin request is too large',
    hint: 'Bodies of the admin API have at most 64 KiB.',
  },
  ERR_ADMIN_TIMEOUT: {
    status: 504,
    title: 'The agent did not finish in time',
    hint: 'Ask again with a larger --timeout, or see "cheops check".',
  },
  ERR_ADMIN_DIAL: {
    status: 502,
    title: 'No agent of this mesh answers at the address',
    hint: 'See "cheops check": a wrong address, another mesh key or another mesh name look like this.',
  },
  ERR_ADMIN_SAVE: {
    status: 500,
    title: 'The configuration file could not be changed',
    hint: 'The change holds until the agent stops. Write it into the configuration file by hand.',
  },
  ERR_ADMIN_INTERNAL: {
    status: 500,
    title: 'The agent failed to answer',
    hint: "See the agent's log.",
  },
  ERR_CLI_USAGE: {
    status: 400,
    title: 'The command cannot be understood',
    hint: 'See "cheops <command> --help".',
  },
  ERR_CLI_AGENT: {
    status: 503,
    title: 'The agent cannot be asked',
    hint: 'Is it running? Say which one with --agent URL, CHEOPS_ADMIN or "cheops context use".',
  },
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof ERRORS

/** What is known of an error beside its code: names and numbers, never secrets, never raw messages of a library. */
export type ErrorMeta = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

/** The one error class. `message` is a sentence that is safe to show to a client or a peer. */
export class CheopsError extends Error {
  readonly code: ErrorCode
  readonly meta: ErrorMeta

  constructor(code: ErrorCode, message: string, meta: ErrorMeta = {}, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'CheopsError'
    this.code = code
    this.meta = meta
  }

  get spec(): ErrorSpec {
    return ERRORS[this.code]
  }
}
