import { MAX_ASKED_TOGETHER } from './limits.ts'
import type { Application, ApplicationAnswer, ApplicationRequest } from '../../ports/application.ts'

/**
 * An application that is asked so much at once and no more; whatever else is asked waits for its turn, first come, first served. A lane
 * has a turn only while it asks, not while the disk syncs what it has to write before and after. As many wait as there are lanes.
 */
export class ApplicationTurns implements Application {
  readonly #application: Application
  readonly #waiting: (() => void)[] = []
  #asked = 0

  constructor(application: Application) {
    this.#application = application
  }

  async request(request: ApplicationRequest): Promise<ApplicationAnswer> {
    if (this.#asked < MAX_ASKED_TOGETHER) this.#asked++
    else await new Promise<void>(resolve => void this.#waiting.push(resolve))
    try {
      return await this.#application.request(request)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#asked--
      else next()
    }
  }
}
