import { checkDefinition } from '../../../src/glue/check.ts'
import { interpret } from '../../../src/glue/interpreter.ts'
import type { ReplicationGlue } from '../../../src/ports/glue.ts'

/** What the fake applications are like, in the words of a real definition. */
export const DEFINITION = `
glue: 1
application: warehouse
kinds:
  item:
    collection: /items
    resource: /items/{id}
    id: {at: /id, from: client}
    conditions: if-match
    operations:
      add: {method: POST, path: "/items/{id}/lines", replay: false}
`

export const SERVICE = 'warehouse'
export const KIND = 'item'

/** The real interpreter of a definition for the fake applications. */
export function simGlue(text = DEFINITION): ReplicationGlue {
  const { definition, findings } = checkDefinition(text)
  if (definition === undefined) throw new Error(findings.map(({ message }) => message).join('; '))
  return interpret(definition)
}
