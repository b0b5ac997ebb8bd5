/** The text of a replicant names it and no other: any name is read back as it was, kinds with slashes included. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseReplicantText, replicantText } from '../../../../src/core/oplog/replicant-text.ts'

const word = fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => !text.includes('/'))

test('any name is read back', () => {
  fc.assert(
    fc.property(
      word,
      fc.array(word, { minLength: 1, maxLength: 3 }),
      fc.string({ minLength: 1 }),
      (service, kinds, name) => {
        const replicant = { service, kind: kinds.join('/'), name }
        expect(parseReplicantText(replicantText(replicant))).toEqual(replicant)
      },
    ),
  )
})

test.each([
  ['inventory/items/purple', { service: 'inventory', kind: 'items', name: 'purple' }],
  ['kubernetes/apps/v1/Deployment/web', { service: 'kubernetes', kind: 'apps/v1/Deployment', name: 'web' }],
  ['inventory/items/a%2fb%252F', { service: 'inventory', kind: 'items', name: 'a/b%2F' }],
  ['inventory/items', undefined],
  ['/items/purple', undefined],
  ['inventory//purple', undefined],
  ['inventory/items/', undefined],
])('%s is %o', (text, replicant) => expect(parseReplicantText(text)).toEqual(replicant))
