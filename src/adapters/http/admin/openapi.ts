import { ERRORS } from '../../../errors.ts'
import type { ErrorCode } from '../../../errors.ts'
import type { Route, Schema } from './route.ts'
import { ref, SCHEMAS } from './schemas.ts'

/** Errors that any route with a token can answer with. */
const COMMON_ERRORS: readonly ErrorCode[] = ['ERR_ADMIN_UNAUTHORIZED', 'ERR_ADMIN_TIMEOUT', 'ERR_ADMIN_INTERNAL']

/** The OpenAPI 3.1 document of a table of routes. */
export function openapi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Admin API of a Cheops agent',
      version,
      description:
        'What the command line "cheops" shows. Errors are application/problem+json (RFC 9457) with a stable code. "Cheops-Timeout: <milliseconds>" bounds how long a request waits (10000 by default, at most 120000).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Content of the file admin.tokenFile.' },
      },
      schemas: SCHEMAS,
    },
  }
}

function operation(route: Route): object {
  const { answer } = route
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[^A-Za-z]+([A-Za-z])?/g, (_, letter?: string) => letter?.toUpperCase() ?? '')}`,
    ...(route.open === true ? { security: [] } : {}),
    parameters: [
      ...[...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...Object.entries(route.query ?? {}).map(([name, { description, schema }]) => ({
        name,
        in: 'query',
        description,
        schema,
      })),
    ],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    responses: {
      [String(answer.status)]: {
        description: answer.description,
        ...(answer.type === '' ? {} : { content: { [answer.type]: { schema: answer.schema } } }),
      },
      ...errorResponses([...(route.open === true ? [] : COMMON_ERRORS), ...(route.errors ?? [])]),
    },
  }
}

/** One response a status; codes that share one stand in its description. */
function errorResponses(codes: readonly ErrorCode[]): Record<string, object> {
  const byStatus = Map.groupBy(codes, code => String(ERRORS[code].status))
  const problem: Schema = ref('Problem')
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      status,
      {
        description: same.map(code => `${code}: ${ERRORS[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  )
}
