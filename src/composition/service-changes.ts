import path from 'node:path'
import type { ServiceConfig } from '../config.ts'
import { removeSavedService, savedService, saveService } from '../config/edit.ts'
import { parseService } from '../config/load.ts'
import { changedService, serviceToSave, type ServiceObject } from '../config/service-change.ts'
import type { OfferedService } from '../core/membership/record.ts'
import { nearestName } from '../core/scope/index.ts'
import { CheopsError } from '../errors.ts'
import type { OwnService, SaveOptions } from '../ports/control.ts'
import type { PeerNode } from '../peer-node.ts'
import type { ListenerChange, Listeners } from './listeners.ts'
import type { Service, Services } from './services.ts'

export interface ServiceChangeParts {
  readonly configFile: string | undefined
  readonly peer: Pick<PeerNode, 'updateServices'>
  readonly services: Services
  readonly listeners: Pick<Listeners, 'urlOf' | 'closeOwn'>
  /** Opens a service's own port, if it has one, in place of the one that it had. */
  changeListener(service: ServiceConfig): Promise<ListenerChange>
}

type Tell = (type: 'service.added' | 'service.removed', subject: string, detail: string) => void

/** The services of a running agent, and how operators change them. */
export class ServiceChanges {
  readonly #parts: ServiceChangeParts
  readonly #tell: Tell
  /** The change that is under way: one at a time, so that each finds what it checked. */
  #change: Promise<unknown> = Promise.resolve()

  constructor(parts: ServiceChangeParts, tell: Tell) {
    this.#parts = parts
    this.#tell = tell
  }

  all(): readonly OwnService[] {
    return this.#parts.services.all().map(service => this.#shown(service))
  }

  #shown({ config, glue }: Service): OwnService {
    const endpoint = new URL(config.endpoint)
    endpoint.username = ''
    endpoint.password = ''
    return {
      name: config.name,
      application: glue.application,
      definition: glue.fingerprint,
      endpoint: endpoint.toString().replace(/\/$/, ''),
      address: this.#parts.listeners.urlOf(config.name),
      expose: config.expose,
    }
  }

  /** @throws CheopsError ERR_CONFIG_INVALID, ERR_ADMIN_SAVE; what its port throws */
  add(given: ServiceObject, { save }: SaveOptions): Promise<OwnService> {
    return this.#inTurn(() => this.#put(parseService(given, this.#base), save, () => given))
  }

  /** Likewise; what `change` does not name stays, and null takes a key back. A service that is new needs an endpoint. */
  change(name: string, change: ServiceObject, { save }: SaveOptions): Promise<OwnService> {
    return this.#inTurn(() => {
      const { services } = this.#parts
      const before = services.get(name)?.config
      if (before === undefined && (change['endpoint'] ?? null) === null) {
        const others = services.all().map(({ config }) => config.name)
        const near = nearestName(name, others)
        const meant = near === undefined ? '' : ` Did you mean "${near}"?`
        const what = `This site offers no "${name}" yet, so it needs an endpoint.${meant}`
        throw new CheopsError('ERR_CONFIG_INVALID', what, { service: name })
      }
      const base = this.#base
      const now =
        before === undefined
          ? parseService({ ...change, name }, base)
          : changedService(before, { ...change, name }, base)
      return this.#put(now, save, file => serviceToSave(savedService(file, name), change, now, base))
    })
  }

  /** What relative paths start from. */
  get #base(): string {
    const { configFile } = this.#parts
    return configFile === undefined ? process.cwd() : path.dirname(configFile)
  }

  /**
   * What can fail comes first, and is undone when what comes behind it fails: then all is as it was.
   * @param savedAs what the file shall say
   */
  async #put(service: ServiceConfig, save: boolean, savedAs: (file: string) => ServiceObject): Promise<OwnService> {
    const { services, configFile } = this.#parts
    const file = save ? fileToSaveIn(configFile) : undefined
    const prepared = await services.prepare(service)
    const listener = await this.#parts.changeListener(service)
    try {
      if (file !== undefined) saveService(file, { ...savedAs(file), name: service.name })
    } catch (error) {
      await listener.undo()
      throw error
    }
    services.put(prepared)
    await this.#tellMesh()
    await listener.commit()
    this.#tell('service.added', service.name, `${service.name} is offered`)
    return this.#shown(prepared)
  }

  /** @throws CheopsError ERR_ADMIN_NOT_FOUND, ERR_ADMIN_SAVE */
  remove(name: string, { save }: SaveOptions): Promise<void> {
    return this.#inTurn(() => this.#remove(name, save))
  }

  async #remove(name: string, save: boolean): Promise<void> {
    const { services, listeners, configFile } = this.#parts
    const file = save ? fileToSaveIn(configFile) : undefined
    if (services.get(name) === undefined) {
      throw new CheopsError('ERR_ADMIN_NOT_FOUND', `this site does not offer "${name}"`, { service: name })
    }
    if (file !== undefined) removeSavedService(file, name)
    services.remove(name)
    await this.#tellMesh()
    await listeners.closeOwn(name)
    this.#tell('service.removed', name, `${name} is no longer offered`)
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#change.then(change)
    this.#change = result.catch(() => {})
    return result
  }

  #tellMesh(): Promise<void> {
    const { peer, services } = this.#parts
    return peer.updateServices(offered(services))
  }
}

/** What the mesh is told of this site's services: never an endpoint. */
export function offered(services: Services): OfferedService[] {
  return services
    .all()
    .map(({ config, glue }) => ({ name: config.name, application: glue.application, definition: glue.fingerprint }))
}

function fileToSaveIn(configFile: string | undefined): string {
  if (configFile !== undefined) return configFile
  throw new CheopsError(
    'ERR_ADMIN_SAVE',
    'this agent was started without a configuration file, so nothing can be saved',
  )
}
