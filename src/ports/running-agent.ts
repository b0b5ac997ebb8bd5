import type { CheopsError } from '../errors.ts'
import type { AgentControl } from './control.ts'

/**
 * What `cheops up --ready-file FILE` writes once the agent serves, and what `up` prints. A public interface: scripts
 * outside this project rely on the keys.
 */
export interface ReadyInfo {
  readonly site: string
  readonly peerId: string
  readonly pid: number
  /** Multiaddresses with `/p2p/<id>`. */
  readonly addresses: readonly string[]
  /** URLs without a slash at the end. */
  readonly ingress: string
  readonly admin: string
  readonly adminTokenFile: string
  /** Services of this site by name, each with the URL under which this agent serves it (`OwnService.address`). */
  readonly services: Readonly<Record<string, string>>
}

/** What `startAgent(config, options)` of src/node.ts gives. */
export interface RunningAgent {
  readonly ready: ReadyInfo
  readonly control: AgentControl
  /**
   * Resolves when the agent cannot go on (its store can no longer be written) and has begun to stop by itself; pending
   * otherwise, also when it is stopped by `stop`.
   */
  readonly failed: Promise<CheopsError>
  /** Stops what was started, in reverse; the second call waits for the first. */
  stop(): Promise<void>
}

export interface StartOptions {
  /** The file that the configuration came from, for `AgentStatus.configFile`. */
  readonly configFile?: string
  /** Aborts a start that takes too long; what was started by then is stopped. */
  readonly signal?: AbortSignal
  /** Called once the data folder is this agent's alone, before it listens anywhere. */
  readonly onDataFolder?: () => Promise<void>
}
