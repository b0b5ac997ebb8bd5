import path from 'node:path'
import { startAdminServer } from './adapters/http/admin/index.ts'
import { openFileBlobs } from './adapters/blobs/file-blobs.ts'
import { openLevelStore } from './adapters/level/level-store.ts'
import { createLogger } from './adapters/logging/pino-logger.ts'
import { createMetrics } from './adapters/metrics/prometheus.ts'
import { DiskRoom } from './adapters/system/disk-room.ts'
import { systemClock } from './adapters/system/system-clock.ts'
import { systemRandom } from './adapters/system/system-random.ts'
import { Control } from './composition/control.ts'
import { offered } from './composition/service-changes.ts'
import { ownDataFolder } from './composition/data-folder.ts'
import { stateGauges } from './composition/gauges.ts'
import { Lifecycle } from './composition/lifecycle.ts'
import { Listeners } from './composition/listeners.ts'
import { AgentReplication } from './composition/replication.ts'
import { ReplicationWatch } from './composition/replication-watch.ts'
import { RequestPath } from './composition/request-path.ts'
import { Services } from './composition/services.ts'
import { Webhooks } from './composition/webhooks.ts'
import { keptFreeBytes, type Config } from './config.ts'
import { fittedConnections, openFilesLimit } from './config/probe/open-files.ts'
import { readPackage } from './config/version.ts'
import type { CheopsError } from './errors.ts'
import { createPeerNode, type PeerNode } from './peer-node.ts'
import type { AgentStatus } from './ports/control.ts'
import type { ReadyInfo, RunningAgent, StartOptions } from './ports/running-agent.ts'
import { nextIncarnation } from './runtime/replication/next-incarnation.ts'
import { Traffic } from './runtime/traffic.ts'

/**
 * Starts an agent: the composition root, the one place that knows every part. It serves when the promise resolves; it is
 * stopped in reverse order. A start that fails leaves nothing running.
 * @throws CheopsError of the part that could not start: ERR_LISTEN_*, ERR_PEER_*, ERR_STORE_*, ERR_GLUE_*, ERR_MESH_KEY, ERR_CONFIG_*
 */
export async function startAgent(config: Config, options: StartOptions = {}): Promise<RunningAgent> {
  const logger = createLogger({ ...config.log, fields: { site: config.site } })
  const lifecycle = new Lifecycle(logger)
  try {
    return await start(config, options, logger, lifecycle)
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}

async function start(
  given: Config,
  { configFile, signal, onDataFolder }: StartOptions,
  logger: ReturnType<typeof createLogger>,
  lifecycle: Lifecycle,
): Promise<RunningAgent> {
  let state: AgentStatus['state'] = 'starting'
  let adminUrl = ''
  let storeFailure: CheopsError | undefined
  const failed = Promise.withResolvers<CheopsError>()
  /** What is in memory is no longer what is on disk: the agent stops rather than carry on, and comes back whole. */
  const onStoreFailure = (error: CheopsError): void => {
    storeFailure = error
    logger.error({ error }, 'the store has failed: the agent stops')
    if (state !== 'serving') return
    state = 'stopping'
    failed.resolve(error)
    void lifecycle.stop()
  }
  const filesLimit = await openFilesLimit()
  const { config, toApplication, peers, admin: adminConnections } = fittedConnections(given, filesLimit)
  if (config !== given) {
    const { connections, connectionsPerEndpoint } = config.limits
    const facts = { filesLimit, connections, connectionsPerEndpoint, peers, admin: adminConnections }
    logger.warn(facts, 'too few files may be open for all limits: fewer connections are made and taken at a time')
  }
  await ownDataFolder(config.data, config.admin.tokenFile, logger)
  const metrics = createMetrics()
  const traffic = new Traffic(metrics, systemClock)
  const listeners = new Listeners(config)

  const services = await lifecycle.add(
    'services',
    () => new Services(config, service => listeners.loopOf(service, adminUrl), toApplication),
    started => started.close(),
  )
  for (const service of config.services) await services.add(service)
  signal?.throwIfAborted()

  const store = await lifecycle.add(
    'store',
    () => openLevelStore(path.join(config.data, 'store'), onStoreFailure),
    started => started.close(),
  )
  await onDataFolder?.()
  const peer = await createPeerNode(config, {
    clock: systemClock,
    random: systemRandom,
    logger: logger.child({ part: 'peer' }),
    store,
    version: readPackage().version,
    connections: peers,
    services: offered(services),
  })
  const { transport, membership } = peer
  const bodiesFolder = path.join(config.bodies.folder, peer.peerId)
  const room = new DiskRoom({
    folders: [config.data, config.bodies.folder],
    keptOf: wholeBytes => keptFreeBytes(config.limits, wholeBytes),
    logger,
  })
  // Below the agent's own name, so that two agents that are given one folder do not remove each other's bodies.
  const blobs = await openFileBlobs(bodiesFolder, {
    maxBytes: config.bodies.maxBytes,
    hasRoom: () => room.hasRoom(),
    onFailure: onStoreFailure,
  })
  await lifecycle.add(
    'disk room',
    () => room.start(),
    () => room.stop(),
  )
  const replicationWatch = new ReplicationWatch(config.site, systemClock, metrics)
  const incarnation = await nextIncarnation(store, systemClock, systemRandom)
  // Before replication, so that it hears of all that happens until that has stopped.
  const webhooks = await lifecycle.add(
    'webhooks',
    () =>
      new Webhooks(config.webhooks, {
        site: config.site,
        incarnation,
        clock: systemClock,
        random: systemRandom,
        metrics,
        logger: logger.child({ part: 'webhooks' }),
      }),
    started => started.close(),
  )
  const replication = new AgentReplication({
    incarnation,
    config,
    services,
    peer,
    store,
    blobs,
    clock: systemClock,
    random: systemRandom,
    logger: logger.child({ part: 'replication' }),
    hasRoom: () => room.hasRoom(),
    onEvent: event => {
      replicationWatch.see(event)
      webhooks.see(event)
    },
    onSent: (part, bytes) => replicationWatch.sent(part, bytes),
  })
  const ownAddress = (service: string): string | undefined => listeners.ownUrl(service)
  const requestPath = new RequestPath({
    config,
    services,
    membership,
    transport,
    traffic,
    random: systemRandom,
    clock: systemClock,
    logger: logger.child({ part: 'requests' }),
    replication: replication.replicator,
    nameBuckets: peer.nameBuckets,
    heardNames: replication.heardNames,
    onEvent: event => replication.tell(event),
    ownAddress,
    whyStranger: () => whyStranger(config, peer),
  })
  await lifecycle.add(
    'peer',
    async () => {
      // Served before anybody can ask.
      await requestPath.start()
      await peer.start()
    },
    () => peer.stop(),
  )
  await lifecycle.add(
    'replication',
    () => replication.start(),
    () => replication.stop(),
  )
  await lifecycle.add(
    'forward',
    () => requestPath,
    started => started.stop(),
  )
  signal?.throwIfAborted()

  const refreshGauges = stateGauges({
    metrics,
    membership,
    peers: () => peer.diagnostics.peers().length,
    cutSites: () => peer.diagnostics.cuts.sites().length,
    streams: () => requestPath.streams(),
    endpoints: () => new Map(services.all().map(({ config: { name }, upstream }) => [name, upstream.pool.counts()])),
    bodies: () => blobs.totalBytes,
    freeBytes: () => room.freeBytes,
    replication: () => replication.operator.peers(),
    lanes: () => replication.replicator.busyLanes,
    replicants: () => replication.counts(),
  })
  const control = await lifecycle.add(
    'control',
    () =>
      new Control({
        // What is checked is what was asked for.
        config: given,
        configFile,
        clock: systemClock,
        peer,
        services,
        listeners,
        traffic,
        metrics,
        replicants: replication.listing,
        replication: replication.operator,
        replicationWatch,
        replicationCounts: () => replication.counts(),
        room,
        state: () => state,
        storeFailure: () => storeFailure,
        adminUrl: () => adminUrl,
        refreshGauges,
        changeListener: service => listeners.changeOwn(requestPath.ingressParts, service),
      }),
    started => started.close(),
  )
  // Before the listeners, so that it answers while they let their last requests end.
  const admin = await lifecycle.add(
    'admin',
    () =>
      startAdminServer({
        control,
        ...config.admin,
        connections: adminConnections,
        logger: logger.child({ part: 'admin' }),
      }),
    started => started.stop(),
  )
  adminUrl = admin.url
  // One that cannot open must not leave those open that could.
  await lifecycle.add(
    'listeners',
    () => listeners,
    started => started.close(),
  )
  await listeners.openShared(requestPath.ingressParts)
  for (const service of config.services) await listeners.changeOwn(requestPath.ingressParts, service)
  signal?.throwIfAborted()
  if (storeFailure !== undefined) throw storeFailure

  state = 'serving'
  const ready: ReadyInfo = {
    site: config.site,
    peerId: peer.peerId,
    pid: process.pid,
    addresses: peer.addresses(),
    ingress: listeners.ingressUrl,
    admin: adminUrl,
    adminTokenFile: config.admin.tokenFile,
    services: Object.fromEntries(config.services.map(({ name }) => [name, listeners.urlOf(name)])),
  }
  logger.info({ mesh: config.mesh, addresses: ready.addresses, ingress: ready.ingress }, 'the agent serves')
  return {
    ready,
    control,
    failed: failed.promise,
    stop: () => {
      if (state === 'serving') control.tellStopping()
      state = 'stopping'
      return lifecycle.stop()
    },
  }
}

/** Why nobody of the mesh has told this agent anything: it is let in by nobody, or has met nobody since its data folder is there. */
function whyStranger(
  { site, bootstrap }: Config,
  { membership, diagnostics, transport }: PeerNode,
): string | undefined {
  const others = membership.sites().filter(({ name }) => name !== site)
  // Who does not let it in ends the connection.
  if (others.some(({ name }) => transport.isConnected(name))) return undefined
  if (diagnostics.problems().some(({ id, subject }) => id === 'name-taken' && subject === site))
    return 'is let in by no other, since its name belongs to another key'
  return others.length > 0 || bootstrap.length === 0 ? undefined : 'has met nobody of its mesh yet'
}
