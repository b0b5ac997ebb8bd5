import { CheopsError } from '../../../src/errors.ts'
import { sameDot } from '../../../src/core/oplog/index.ts'
import { operate } from './operate.ts'
import { inWords } from './step.ts'
import type { Fault } from '../../world/fake-application.ts'
import type { Agent, ClientAnswer, ClientRequest } from '../../world/replication/agent.ts'
import type { KeyedAnswer } from '../../world/replication/ledger.ts'
import type { ReplicationWorld } from '../../world/replication/replication-world.ts'
import type { Operating } from './operate.ts'
import type { Step } from './step.ts'

const RESTART_MS = 1_000

/** When what is late comes, after it was sent. */
const LATE_MS = 4_000

/** Makes one step of a plan happen. What begins here ends by itself. */
export function act(world: ReplicationWorld, step: Step): void {
  const words = inWords(step)
  const ask = (what: (agent: Agent) => Promise<ClientAnswer>): void => {
    if ('site' in step) void world.site(step.site).ask(words, what)
  }
  switch (step.do) {
    case 'merge':
    case 'count':
    case 'restore':
      return ask(async agent => agent.write(requestOf(world, step)))
    case 'create':
    case 'replace':
    case 'delete':
    case 'add':
      return ask(async agent => {
        const { key } = step
        return key === undefined
          ? agent.write(requestOf(world, step))
          : noted(world, { ...step, key }, () => agent.write(requestOf(world, step)))
      })
    case 'members':
      return ask(async agent => agent.changeMembers(world.nameOf(step.name), step.added, step.removed))
    case 'settle':
    case 'adopt':
    case 'repair':
    case 'resolve':
    case 'decide':
    case 'detach':
    case 'attach':
      return ask(async agent => operate(world, agent, step))
    case 'cut':
    case 'isolate':
    case 'break':
    case 'slow':
    case 'kill':
    case 'jump':
    case 'stop the application':
    case 'break the application':
    case 'outsider':
    case 'close':
    case 'fail the disk':
    case 'flip a record':
    case 'set back':
    case 'damage a body':
    case 'fill the disk':
      world.tell(words)
      return befall(world, step)
  }
}

type Write = Extract<Step, { readonly do: 'create' | 'replace' | 'merge' | 'count' | 'restore' | 'add' | 'delete' }>
type Keyed = Extract<Step, { readonly do: 'create' | 'replace' | 'add' | 'delete' }> & { readonly key: string }
type Mishap = Exclude<Step, Write | Operating | { readonly do: 'members' }>

/** Remembers what a request with an idempotency key was answered with, and what its site had on disk when it came. */
async function noted(world: ReplicationWorld, step: Keyed, ask: () => Promise<ClientAnswer>): Promise<ClientAnswer> {
  const { ledger } = world
  const { site, key } = step
  const name = world.nameOf(step.name)
  const request = { do: step.do, site, name, key, token: step.do === 'delete' ? '' : step.token }
  const disk = world.site(site).machine.disk.copy()
  const released = ledger.operationsOf(name).map(({ dot }) => dot)
  const note = (more: Pick<KeyedAnswer, 'dot' | 'code'>): void => void ledger.keyed.push({ ...request, ...more })
  ledger.asked.push(request)
  try {
    const { status, dot } = await ask()
    if (dot === undefined || status >= 400) return { status, dot }
    note({ dot })
    // Whether it is told of something new is known by now; what it could know, by then.
    if (!released.some(known => sameDot(known, dot)))
      ledger.releasedWithKey.push({ ...request, dot, held: await world.readReplicant(name, disk), released })
    return { status, dot }
  } catch (error) {
    if (error instanceof CheopsError) note({ code: error.code })
    throw error
  }
}

function befall(world: ReplicationWorld, step: Mishap): void {
  const { wire, time } = world
  const later = (ms: number, fn: () => void): void => void time.after(ms, fn)
  switch (step.do) {
    case 'cut':
      wire.cut(step.from, step.to)
      return later(step.forMs, () => wire.heal(step.from, step.to))
    case 'isolate': {
      const others = world.sites.map(({ name }) => name).filter(name => name !== step.site)
      for (const other of others) {
        wire.cut(step.site, other)
        wire.cut(other, step.site)
      }
      return later(step.forMs, () => {
        for (const other of others) {
          wire.heal(step.site, other)
          wire.heal(other, step.site)
        }
      })
    }
    case 'break':
      return wire.lose(...step.between)
    case 'slow':
      wire.faults.delayMs = [step.toMs / 4, step.toMs]
      return later(step.forMs, () => (wire.faults.delayMs = [1, 20]))
    case 'kill':
      return void world.site(step.site).restart(step.forMs)
    case 'jump':
      world.site(step.site).machine.clockOffsetMs += step.byMs
      return
    case 'fail the disk': {
      const { disk } = world.site(step.site).machine
      disk.failWrites()
      return later(step.forMs, () => void world.site(step.site).restart(RESTART_MS))
    }
    case 'flip a record': {
      const site = world.site(step.site)
      const backup = step.isLost === true ? new Map<string, Uint8Array>() : site.machine.disk.copy()
      site.machine.disk.flip()
      // Whoever watches over the machine finds it sooner or later, at the latest when the agent ends by it.
      return later(5_000, () => {
        void site.restart(RESTART_MS, () => {
          site.machine.disk.restore(backup)
          world.wasSetBack(step.site)
          if (step.isLost === true) world.lostDisk(step.site)
        })
      })
    }
    case 'set back': {
      const site = world.site(step.site)
      const backup = site.machine.disk.copy()
      const application = step.withApplication === true ? site.application.copy() : undefined
      return later(step.afterMs, () => {
        world.tell(`the backup of ${step.site} is put back`)
        void site.restart(RESTART_MS, () => {
          site.machine.disk.restore(backup)
          if (application !== undefined) site.application.restore(application)
          world.wasSetBack(step.site)
        })
      })
    }
    case 'break the application':
      return world.site(step.site).breakApplication(faultOf(step))
    case 'stop the application': {
      const { application } = world.site(step.site)
      application.stop()
      return later(step.forMs, () => application.start())
    }
    case 'close':
      world.closed.add(`${step.site} ${step.origin}`)
      return later(step.forMs, () => void world.closed.delete(`${step.site} ${step.origin}`))
    case 'outsider': {
      const { service } = world.nameOf(step.name)
      const path = world.pathOf(world.nameOf(step.name))
      return world.site(step.site).application.write(service, path, { id: step.name, by: step.token })
    }
    case 'damage a body':
      return world.site(step.site).machine.damageBody()
    case 'fill the disk': {
      const { machine } = world.site(step.site)
      machine.fillBodies()
      return later(step.forMs, () => machine.freeBodies())
    }
  }
}

function requestOf(world: ReplicationWorld, step: Write): ClientRequest {
  const name = world.nameOf(step.name)
  const path = world.pathOf(name)
  const json = ['Content-Type', 'application/json']
  const body = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  const without = { name, members: undefined }
  const { fillerBytes } = world
  const filler = fillerBytes > 0 ? { filler: 'x'.repeat(fillerBytes) } : {}
  const secret = world.hasSecrets && 'token' in step ? { secret: step.token } : {}
  switch (step.do) {
    case 'create': {
      const value = body({ id: step.name, base: step.token, ...secret, ...filler })
      const request = { name, members: step.members, method: 'POST', path: '/items', rawHeaders: json, body: value }
      return { ...request, ...keyOf(step) }
    }
    case 'replace': {
      const value = body({ id: step.name, base: step.token, ...secret, ...filler })
      return { ...without, method: 'PUT', path, rawHeaders: json, body: value, ...keyOf(step) }
    }
    case 'merge': {
      const merge = ['Content-Type', 'application/merge-patch+json']
      // Fields of their own, and one that all want.
      const value = body({ [step.token]: true, last: step.token, ...(/[13579]$/.test(step.token) && secret) })
      return { ...without, method: 'PATCH', path, rawHeaders: merge, body: value }
    }
    case 'count': {
      const value = body({ by: 1, line: step.token })
      return { ...without, method: 'POST', path: `${path}/count`, rawHeaders: json, body: value }
    }
    case 'restore': {
      const value = body({ base: step.token, ...filler })
      return { ...without, method: 'POST', path: `${path}/restore`, rawHeaders: json, body: value }
    }
    case 'add': {
      const { key, token } = step
      // The key stands in the body too, so that effects tell it.
      const value = body({ line: token, ...(key !== undefined && { key }) })
      const request = { ...without, method: 'POST', path: `${path}/lines`, rawHeaders: json, body: value }
      return { ...request, ...keyOf(step) }
    }
    case 'delete':
      return { ...without, method: 'DELETE', path, rawHeaders: [], body: undefined, ...keyOf(step) }
  }
}

function keyOf({ key }: { readonly key?: string }): { readonly key?: string } {
  return key === undefined ? {} : { key }
}

function faultOf({ how, delayMs = LATE_MS }: Mishap & { readonly do: 'break the application' }): Fault {
  switch (how) {
    case 'crash-before':
    case 'crash-after':
    case 'cut-answer':
      return { kind: how }
    case 'late-answer':
    case 'late-effect':
      return { kind: how, delayMs }
    case 'refuse-503':
      return { kind: 'refuse', status: 503 }
    case 'refuse-422':
      return { kind: 'refuse', status: 422 }
  }
}
