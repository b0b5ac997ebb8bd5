// Problems of Cheops for clients of Kubernetes, which show those alone that are said as its API server says them.
import { expect, test } from 'vitest'
import { CheopsError } from '../../../src/errors.ts'
import { loadGlue } from '../../../src/glue/index.ts'

const glue = await loadGlue('rest')
const unnamed = new CheopsError('ERR_REPLICANT_UNNAMED', 'The body is not JSON.')
const refused = (rawHeaders: readonly string[], method = 'POST', error = unnamed) =>
  glue.refuse(error, { method, target: '/api/v1/namespaces', rawHeaders })
const said = (...asked: Parameters<typeof refused>): unknown => {
  const refusal = refused(...asked)
  return refusal && JSON.parse(new TextDecoder().decode(refusal.body))
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf'

test('a create in protobuf is told how to be sent', () => {
  const asked = ['Accept', `${PROTOBUF},application/json`, 'Content-Type', PROTOBUF]
  expect(refused(asked)).toMatchObject({ status: 422, rawHeaders: ['Content-Type', 'application/json'] })
  expect(said(asked)).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'Invalid',
    code: 422,
    message: expect.stringMatching(/^The body is not JSON\. .*kubectl apply.*\(ERR_REPLICANT_UNNAMED\)$/) as unknown,
  })
})

test.each([
  ['a table', ['Accept', 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json']],
  ['kubectl', ['Accept', 'application/json', 'User-Agent', 'kubectl/v1.34.0 (linux/amd64) kubernetes/f28b4c9']],
  ['a client that was made with its library', ['User-Agent', 'x/v0 (linux/amd64) kubernetes/$Format']],
])('%s is answered so too, without that advice', (_, asked) => {
  const answer = said(asked, 'GET')
  expect(answer).toMatchObject({ kind: 'Status', message: expect.not.stringContaining('kubectl apply') as unknown })
})

test('a mistyped site is no object that is gone', () => {
  const asked = ['Accept', 'application/json', 'User-Agent', 'Helm/3.14.2']
  const unknown = new CheopsError('ERR_SCOPE_UNKNOWN_SITE', 'The mesh knows no site "siet2".')
  expect(said(asked, 'DELETE', unknown)).toMatchObject({ code: 404, reason: 'BadRequest' })
})

test('nobody else is, nor who could not read it', () => {
  expect(refused(['Accept', 'application/json', 'User-Agent', 'curl/8'])).toBeUndefined()
  expect(refused(['Accept', PROTOBUF])).toBeUndefined()
})
