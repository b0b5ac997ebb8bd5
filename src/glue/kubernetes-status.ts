import { headerValue, type RequestHead } from '../core/resource/http-head.ts'
import type { CheopsError } from '../errors.ts'
import type { Refusal } from '../ports/glue.ts'

/**
 * A problem of Cheops as an API server of Kubernetes says it, for clients that are made for one: of any other JSON than a `Status` they show "unknown". For all
 * others undefined. Which of them sends its body in protobuf is told what to send instead, since it does not fall back to JSON by itself, whatever the status is.
 */
export function kubernetesStatus(error: CheopsError, head: RequestHead): Refusal | undefined {
  const [accepted, sent, agent] = ['accept', 'content-type', 'user-agent'].map(
    name => headerValue(head.rawHeaders, name)?.toLowerCase() ?? '',
  ) as [string, string, string]
  const isClient = [accepted, sent].some(types => OF_KUBERNETES.test(types)) || CLIENT.test(agent)
  // One that takes nothing but protobuf could read none of it.
  if (!isClient || !(accepted === '' || /json|\*\/\*/.test(accepted))) return undefined
  const { status: code, hint } = error.spec
  const advice = error.code === 'ERR_REPLICANT_UNNAMED' && PROTOBUF.test(sent) ? AS_JSON : ''
  const message = `${error.message} ${hint}${advice} (${error.code})`
  // Who waits for an object to be gone is not to take a mistyped site for that.
  const reason = OF_REQUEST.test(error.code) ? 'BadRequest' : REASONS[code]
  const said = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
  return {
    status: code,
    rawHeaders: ['Content-Type', 'application/json'],
    body: new TextEncoder().encode(`${JSON.stringify(said)}\n`),
  }
}

const PROTOBUF = /application\/vnd\.kubernetes\.protobuf/
/** Media types that nobody else asks for: protobuf, and tables. */
const OF_KUBERNETES = /application\/vnd\.kubernetes\.protobuf|;\s*g=meta\.k8s\.io/
/** How clients made with its library call themselves. */
const CLIENT = /^(kubectl|helm)\/|\) kubernetes\//

/** What is wrong with the scope or the service, and says nothing of an object. */
const OF_REQUEST = /^ERR_(SCOPE|SERVICE|CONTEXT)_/

const AS_JSON =
  ' What is sent in protobuf cannot be looked into: use "kubectl apply", or "kubectl create … --dry-run=client -o yaml | kubectl create -f -".'

/** As its clients tell errors apart, which they do by the status where nothing is said. */
const REASONS: { readonly [status in number]?: string } = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}
