/**
 * The published JSON Schema (draft-07, which editors' YAML support knows best) of a glue definition. Descriptions are
 * what an editor shows and what `cheops glue check` says when a value fits none of several forms.
 */
import { LEVELS } from '../core/resource/level.ts'

const pointer = {
  type: 'string',
  pattern: '^(/([^~/]|~[01])*)*$',
  description: 'a JSON Pointer (RFC 6901) such as /metadata/name',
} as const

const template = {
  type: 'string',
  // A path: no query, no fragment, no white space. template.ts says the rest.
  pattern: '^/[^?#\\s]*$',
  maxLength: 1024,
  description: 'a path with variables, such as /items/{id}, or /files/{+id} for several segments (RFC 6570)',
} as const

const headerName = {
  type: 'string',
  pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$",
  description: 'the name of an HTTP header',
} as const

const agentHeaders = {
  type: 'object',
  maxProperties: 16,
  propertyNames: headerName,
  additionalProperties: {
    type: 'string',
    // What HTTP can say, and no line break.
    pattern: '^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$',
    maxLength: 1024,
    description: 'the value of an HTTP header: printable ASCII, no space at its ends',
  },
  description: 'headers of what the agent asks by itself, such as {accept: application/vnd.inventory+json}',
} as const

/** Places in a request that say something of it. */
const placesOf = (description: string) => ({
  type: 'array',
  description,
  items: {
    description: '{query: name} or {body: pointer}',
    anyOf: [
      {
        type: 'object',
        properties: { query: { type: 'string', minLength: 1 } },
        required: ['query'],
        additionalProperties: false,
      },
      { type: 'object', properties: { body: pointer }, required: ['body'], additionalProperties: false },
    ],
  },
})

const operationName = {
  type: 'string',
  pattern: '^[a-z][a-z0-9-]{0,62}$',
  description: 'the name of an operation: small letters, digits and hyphens',
} as const

const pointers = { type: 'array', items: pointer, maxItems: 1024 } as const

const correlate = {
  type: 'object',
  properties: { in: headerName, out: headerName },
  required: ['in', 'out'],
  additionalProperties: false,
} as const

const operation = {
  type: 'object',
  properties: {
    method: { type: 'string', pattern: '^[A-Z]{1,32}$', description: 'an HTTP method in capitals' },
    path: template,
    reset: { type: 'boolean', description: 'it says what the resource is, whatever it was before' },
    replay: { type: 'boolean', description: 'it may be sent twice' },
    probe: {
      type: 'object',
      description:
        'how it is found out whether it took effect: a mark in its body, kept in an item of a list of the resource',
      properties: { mark: pointer, list: pointer },
      required: ['mark', 'list'],
      additionalProperties: false,
    },
  },
  required: ['method', 'path'],
  additionalProperties: false,
} as const

export const KIND_SCHEMA = {
  type: 'object',
  properties: {
    collection: { ...template, description: 'the path of the collection, such as /items' },
    resource: { ...template, description: 'the path of one resource, such as /items/{id}' },
    id: {
      type: 'object',
      description: 'where the ID stands in bodies and answers, and who chooses it',
      properties: {
        at: {
          description: 'a JSON Pointer such as /id, or a list of them, of which the first that is there says the ID',
          anyOf: [pointer, { type: 'array', items: pointer, minItems: 1, maxItems: 8 }],
        },
        from: { enum: ['client', 'server', 'either'] },
      },
      additionalProperties: false,
    },
    create: {
      type: 'object',
      description:
        'POST on the collection (default) or PUT on the resource (method), or POST there too (on); what else may create, on the resource (also)',
      properties: {
        method: { enum: ['POST', 'PUT'] },
        on: { enum: ['collection', 'resource'], description: 'where the method is used that creates' },
        also: { type: 'array', items: { enum: ['PUT', 'PATCH'] }, maxItems: 2, description: 'a list of PUT and PATCH' },
      },
      additionalProperties: false,
    },
    errors: {
      type: 'array',
      maxItems: 64,
      description:
        'a list of rules {at, is, type, read, answered, status}: answers of success, or of a status 500 to 599, that mean another error',
      items: {
        type: 'object',
        description: 'a rule such as {at: /ok, is: false, status: 404} or {type: text/html, status: 404}',
        properties: {
          at: pointer,
          is: { description: 'any value, compared as JSON' },
          type: { type: 'string', pattern: '^[^/;\\s]+/[^/;\\s]+$', description: 'a media type without parameters' },
          read: { type: 'boolean', description: 'true for a rule for answers to reads alone' },
          answered: {
            type: 'integer',
            minimum: 500,
            maximum: 599,
            description: 'the status, 500 to 599, whose answers the rule is for, in place of those of success',
          },
          status: { type: 'integer', minimum: 400, maximum: 599, description: 'a status of an error, 400 to 599' },
        },
        required: ['status'],
        additionalProperties: false,
      },
    },
    immutable: {
      type: 'boolean',
      description: 'true where a replace is a delete and a create: the application refuses PUT',
    },
    put: {
      enum: ['replaces', 'merges'],
      description:
        'what a PUT on what exists does with fields that it does not name: takes them away (default), or leaves them',
    },
    compare: {
      enum: ['all', 'written'],
      description:
        'which fields two replicas must share: all but server-set, links, marker and versions (default), or only those that requests have set',
    },
    list: {
      type: 'object',
      description:
        'where a list has its array ("" for the whole body) and its continuation, which query parameter takes that (token), and where merged items say their sites (mark)',
      properties: {
        items: pointer,
        next: pointer,
        token: {
          type: 'string',
          pattern: '^[A-Za-z0-9._-]{1,64}$',
          description: 'the name of the query parameter that takes a continuation',
        },
        mark: pointer,
      },
      additionalProperties: false,
    },
    links: { ...pointers, description: 'places that hold URLs or paths with IDs in them' },
    references: {
      type: 'array',
      description: 'places that name other resources, and how this one depends on them',
      items: {
        type: 'object',
        properties: {
          at: pointer,
          kind: { type: 'string', minLength: 1 },
          dependency: { enum: ['requirement', 'reliance', 'composition'] },
        },
        required: ['at', 'kind', 'dependency'],
        additionalProperties: false,
      },
    },
    'agent-headers': agentHeaders,
    marker: {
      type: 'object',
      description: 'where the identity of a create can be written and searched for',
      properties: { at: pointer },
      required: ['at'],
      additionalProperties: false,
    },
    conditions: {
      description: 'none, if-match, or {at: [pointers]}',
      anyOf: [
        { enum: ['none', 'if-match'] },
        { type: 'object', properties: { at: pointers }, required: ['at'], additionalProperties: false },
      ],
    },
    'dry-run': placesOf('what makes a request a dry run'),
    parts: placesOf('what makes a request one that writes a part of a resource, as a chunk of an upload'),
    'settle-within': {
      type: 'integer',
      minimum: 0,
      maximum: 3600,
      description: 'seconds that the application may take until it shows what it has answered with success, 0 to 3600',
    },
    level: { enum: [...LEVELS], description: 'the default level of consistency' },
    operations: {
      type: 'object',
      description: 'names for what else changes a resource; those of HTTP are there already',
      // A matrix is checked for each four of its types.
      maxProperties: 32,
      propertyNames: operationName,
      additionalProperties: operation,
    },
    matrix: {
      type: 'array',
      maxItems: 2048,
      description: 'how two operations are ordered; unnamed pairs take the default',
      items: {
        type: 'object',
        properties: {
          before: operationName,
          after: operationName,
          resolve: { enum: ['take-one', 'any-order', 'keep-order', 'reverse-order'] },
        },
        required: ['before', 'after', 'resolve'],
        additionalProperties: false,
      },
    },
    content: {
      ...pointer,
      description: 'where the resource stands in answers that show it in a frame and take it without, such as /data',
    },
    assigned: {
      ...pointers,
      description:
        'fields that clients may say and the application else assigns, each site its own (an address, a port): not compared',
    },
    'server-set': { ...pointers, description: 'fields that the application sets: not compared, not copied' },
    'write-only': {
      ...pointers,
      description:
        'fields that the application takes and never shows (a password): not compared, and copied as they were written',
    },
    cross: {
      description: '{container: true}, {shard: true}, or {divide: [pointers], sum: [pointers]}',
      anyOf: [
        {
          type: 'object',
          properties: { container: { const: true } },
          required: ['container'],
          additionalProperties: false,
        },
        { type: 'object', properties: { shard: { const: true } }, required: ['shard'], additionalProperties: false },
        {
          type: 'object',
          properties: { divide: pointers, sum: pointers },
          required: ['divide'],
          additionalProperties: false,
        },
      ],
    },
    example: {
      type: ['object', 'string'],
      description:
        'a body with which the application creates one: what "cheops glue check --against" sends; text as it is',
    },
  },
  required: ['collection', 'resource'],
  additionalProperties: false,
} as const

export const GLUE_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Cheops glue definition',
  description: 'Teaches Cheops an application without code',
  type: 'object',
  properties: {
    glue: { const: 1, description: 'the version of this format: 1' },
    application: {
      type: 'string',
      pattern: '^[a-z][a-z0-9-]{0,62}$',
      description: 'the name of the application: small letters, digits and hyphens',
    },
    correlate: {
      description: 'a list of header names or {in: header, out: header}, or one {in, out}',
      anyOf: [
        correlate,
        {
          type: 'array',
          maxItems: 16,
          items: { description: 'a header name or {in: header, out: header}', anyOf: [headerName, correlate] },
        },
      ],
    },
    secrets: { ...pointers, description: 'JSON Pointers of values that are never logged, in any kind' },
    headers: {
      type: 'array',
      maxItems: 32,
      items: headerName,
      description: 'a list of names of headers that are stored with an operation and sent with it to other members',
    },
    'agent-headers': agentHeaders,
    reads: {
      type: 'array',
      maxItems: 256,
      items: template,
      description: 'a list of paths of POSTs that change nothing, such as /items/_search',
    },
    replication: { type: 'boolean', description: 'false where resources are shared only, and never replicated' },
    kinds: {
      type: 'object',
      description: 'the kinds of resources, by name',
      propertyNames: {
        pattern: '^([A-Za-z][A-Za-z0-9._/-]{0,127}|\\*)$',
        description: 'the name of a kind: letters, digits, ".", "_", "/" and "-", or "*"',
      },
      additionalProperties: KIND_SCHEMA,
    },
  },
  required: ['glue', 'application', 'kinds'],
  additionalProperties: false,
} as const
