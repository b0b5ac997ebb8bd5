import { Served, json, type Answered, type Asked, type Fields } from './served.ts'

/**
 * Tickets are created by PUT and by nothing else; a second PUT is 409, whatever it says. PATCH changes one (RFC 7396), and each method that is not
 * expected is 405. No answer has a length, and the connection ends with each.
 */
export class OnceTickets extends Served {
  readonly tickets: Map<string, Fields>

  constructor() {
    const tickets = new Map<string, Fields>()
    super(asked => ({ ...serve(tickets, asked), headers: { connection: 'close', 'transfer-encoding': 'chunked' } }))
    this.tickets = tickets
  }

  item(name: string): Fields | undefined {
    return this.tickets.get(name)
  }
}

/** As a user writes it. */
export const ONCE_GLUE = `
glue: 1
application: tickets
kinds:
  ticket:
    collection: /tickets
    resource: /tickets/{id}
    create: {method: PUT}
    immutable: true
`

function serve(tickets: Map<string, Fields>, asked: Asked): Answered {
  const { method, path } = asked
  const [, name] = path
  if (name === undefined)
    return method === 'GET' ? { status: 200, body: [...tickets.values()] } : { status: 405, body: { error: method } }
  const ticket = tickets.get(name)
  if (method === 'PUT') {
    if (ticket !== undefined) return { status: 409, body: { error: 'exists' } }
    tickets.set(name, { ...json(asked), id: name })
    return { status: 201, body: tickets.get(name) }
  }
  if (ticket === undefined) return { status: 404, body: { error: 'none' } }
  switch (method) {
    case 'GET':
      return { status: 200, body: ticket }
    case 'PATCH':
      tickets.set(name, { ...ticket, ...json(asked) })
      return { status: 200, body: tickets.get(name) }
    case 'DELETE':
      tickets.delete(name)
      return { status: 200, body: {} }
    default:
      return { status: 405, body: { error: method } }
  }
}
