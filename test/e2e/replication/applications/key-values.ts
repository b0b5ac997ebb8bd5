import { Served, type Answered, type Asked } from './served.ts'

interface Value {
  readonly type: string
  readonly bytes: Buffer
}

/** Values of any bytes under keys that are created and replaced by PUT; a DELETE is 204 whether there was one or not. */
export class KeyValues extends Served {
  readonly values: Map<string, Value>

  constructor() {
    const values = new Map<string, Value>()
    super(asked => serve(values, asked))
    this.values = values
  }

  item(name: string): string | undefined {
    const value = this.values.get(name)
    return value && `${value.type}: ${value.bytes.toString('latin1')}`
  }
}

/** As a user writes it. */
export const KEY_VALUES_GLUE = `
glue: 1
application: key-values
kinds:
  value:
    collection: /values
    resource: /values/{id}
    create: {method: PUT}
`

function serve(values: Map<string, Value>, { method, path, headers, bytes }: Asked): Answered {
  const [, name] = path
  if (name === undefined) return { status: 200, body: [...values.keys()] }
  const value = values.get(name)
  if (method === 'PUT') {
    values.set(name, { type: headers['content-type'] ?? 'application/octet-stream', bytes })
    return { status: value === undefined ? 201 : 204 }
  }
  if (method === 'DELETE') {
    values.delete(name)
    return { status: 204 }
  }
  if (value === undefined)
    return { status: 404, headers: { 'content-type': 'text/plain' }, body: Buffer.from('none\n') }
  return { status: 200, headers: { 'content-type': value.type }, body: value.bytes }
}
