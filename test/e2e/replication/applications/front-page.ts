import { Served } from './served.ts'

/** What serves a web front end: each path is its page, and nothing else is let in. */
export class FrontPage extends Served {
  constructor() {
    super(({ method }) =>
      method === 'GET'
        ? {
            status: 200,
            headers: { 'content-type': 'text/html; charset=utf-8' },
            body: Buffer.from('<html>Welcome</html>'),
          }
        : { status: 405 },
    )
  }

  item(): undefined {
    return undefined
  }
}
