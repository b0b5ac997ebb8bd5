import { Served, json, type Answered, type Asked, type Fields } from './served.ts'

/** An application that answers 200 whatever happens, and says in the body what it thinks: `{"ok": false, "error": "…"}`. */
export class PoliteGuests extends Served {
  readonly guests: Map<string, Fields>

  constructor() {
    const guests = new Map<string, Fields>()
    super(asked => ({ status: 200, ...serve(guests, asked) }))
    this.guests = guests
  }

  item(name: string): Fields | undefined {
    return this.guests.get(name)
  }
}

/** As a user writes it by what `cheops glue check --against` says. */
export const POLITE_GLUE = `
glue: 1
application: guests
kinds:
  guest:
    collection: /guests
    resource: /guests/{id}
    id: {at: /id, from: client}
    errors:
      - {at: /error, is: not found, status: 404}
      - {at: /error, is: exists, status: 409}
      - {at: /ok, is: false, status: 422}
`

const no = (error: string): Partial<Answered> => ({ body: { ok: false, error } })

function serve(guests: Map<string, Fields>, asked: Asked): Partial<Answered> {
  const { method, path } = asked
  const [, name] = path
  if (name === undefined) {
    if (method === 'GET') return { body: { ok: true, guests: [...guests.values()] } }
    const guest = json(asked)
    const id = String(guest['id'])
    if (guests.has(id)) return no('exists')
    if (guest['beds'] === 0) return no('no beds')
    guests.set(id, guest)
    return { body: { ok: true } }
  }
  const guest = guests.get(name)
  if (guest === undefined) return no('not found')
  if (method === 'GET') return { body: guest }
  if (method === 'DELETE') guests.delete(name)
  else {
    const sent = json(asked)
    if (sent['beds'] === 0) return no('no beds')
    guests.set(name, method === 'PUT' ? { ...sent, id: name } : { ...guest, ...sent })
  }
  return { body: { ok: true } }
}
