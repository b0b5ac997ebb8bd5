import type { CheckFacts, CertificateFact, EndpointFact, FileFact, Finding, FolderFact, ListenerFact } from './facts.ts'
import { error, ok, warning } from './finding.ts'

/** LevelDB and libp2p need little; below this a burst of large bodies (sync, later) fills the disk. */
const MIN_FREE_BYTES = 256 * 1024 ** 2
/** As adapters/system/disk-room.ts. */
const AGAIN_SHARE = 1.25
const MAKE_ROOM = 'Make room: with less than limits.freeBytes nothing new is taken, and a full disk stops the agent.'
/** Time to renew a certificate without hurry. */
const CERTIFICATE_WARNING_DAYS = 21

/** What can be judged on the machine alone: program, configuration, files, ports, applications. */
export function checkMachine(facts: CheckFacts): Finding[] {
  return [
    ...(facts.node === undefined ? [] : [checkNode(facts.node)]),
    ...(facts.configuration === undefined ? [] : checkConfiguration(facts.configuration)),
    ...(facts.files === undefined ? [] : checkFiles(facts.files)),
    ...(facts.certificates ?? []).flatMap(checkCertificate),
    ...[facts.data, facts.bodies].flatMap(folder =>
      folder === undefined ? [] : checkFolder(folder, facts.isDiskShort),
    ),
    ...(facts.store === undefined ? [] : [checkStore(facts.store)]),
    ...(facts.openFiles === undefined ? [] : [checkOpenFiles(facts.openFiles)]),
    ...(facts.listeners === undefined ? [] : checkListeners(facts.listeners)),
    ...(facts.endpoints ?? []).map(checkEndpoint),
  ]
}

function checkNode({ version, range }: { version: string; range: string }): Finding {
  return nodeSatisfies(version, range)
    ? ok('runtime', 'node-version', `Node ${version}`)
    : error(
        'runtime',
        'node-version',
        `Node ${version} is outside of ${range}`,
        'Install Node 24.18 or later, or run "npx cheops", which brings its own.',
      )
}

/** Whether `v24.21.0` is within a range of the forms `^24.12`, `>=26`, joined by `||`. */
export function nodeSatisfies(version: string, range: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return range.split('||').some(part => {
    const match = /^\s*(\^|>=)\s*(\d+)(?:\.(\d+))?/.exec(part)
    if (match === null) return false
    const [wantedMajor, wantedMinor] = [Number(match[2]), Number(match[3] ?? 0)]
    const notOlder = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
    return notOlder && (match[1] === '>=' || major === wantedMajor)
  })
}

function checkConfiguration({ file, problems }: { file: string | undefined; problems: readonly string[] }): Finding[] {
  if (problems.length === 0) {
    return [ok('configuration', 'config-valid', `${file ?? 'The configuration'} is valid`)]
  }
  return problems.map(problem =>
    error(
      'configuration',
      'config-valid',
      problem,
      '"cheops up --help" lists the keys; "cheops init" writes a commented file.',
    ),
  )
}

function checkFiles(files: readonly FileFact[]): Finding[] {
  const bad = files.flatMap((file): Finding[] => {
    switch (file.state) {
      case 'ok':
      case 'missing-ok':
        return []
      case 'missing':
        return [error('configuration', 'files', `The ${file.what} ${file.path} does not exist`, hintFor(file))]
      case 'unreadable':
        return [
          error(
            'configuration',
            'files',
            `The ${file.what} ${file.path} may not be read`,
            'Give it to the user that runs the agent.',
          ),
        ]
      case 'invalid':
        return [
          error(
            'configuration',
            'files',
            `The ${file.what} ${file.path} is not one: ${file.detail ?? 'unknown content'}`,
            hintFor(file),
          ),
        ]
    }
  })
  const open = files
    .filter(file => file.secret && file.openToOthers)
    .map(file =>
      warning(
        'configuration',
        'secrets-private',
        `The ${file.what} ${file.path} can be read by other users`,
        `chmod 600 ${file.path}`,
      ),
    )
  const readable = files.filter(file => file.state === 'ok').length
  return [
    ...(bad.length > 0
      ? bad
      : [ok('configuration', 'files', `${String(readable)} ${readable === 1 ? 'file' : 'files'} can be read`)]),
    ...(open.length > 0 ? open : [ok('configuration', 'secrets-private', 'Secrets can be read by their owner only')]),
  ]
}

const hintFor = (file: FileFact) =>
  file.what === 'mesh key'
    ? 'Copy the mesh key of another site; for the first site "cheops init" makes one.'
    : 'Correct the path in the configuration, or make the file ("cheops init --tls" makes certificates).'

function checkCertificate({ path, daysLeft, matchesKey }: CertificateFact): Finding[] {
  const renew = 'Renew it; "cheops init --tls" makes certificates.'
  if (matchesKey === false) {
    return [
      error('configuration', 'tls', `The certificate ${path} does not belong to its private key`, 'Configure a pair.'),
    ]
  }
  if (daysLeft < 0) return [error('configuration', 'tls', `The certificate ${path} has expired`, renew)]
  const days = Math.floor(daysLeft)
  return days < CERTIFICATE_WARNING_DAYS
    ? [warning('configuration', 'tls', `The certificate ${path} expires in ${String(days)} days`, renew)]
    : [ok('configuration', 'tls', `The certificate ${path} is valid for ${String(days)} days`)]
}

/** @param isShort the agent takes nothing new: it waits for a quarter more than is kept */
function checkFolder(folder: FolderFact, isShort = false): Finding[] {
  const findings: Finding[] = []
  const { path } = folder
  switch (folder.state) {
    case 'not-a-folder':
      return [error('data', 'data-folder', `${path} is no folder`, 'Choose another with data.')]
    case 'not-writable':
      return [
        error(
          'data',
          'data-folder',
          `${path} may not be written`,
          'Give it to the user that runs the agent, or choose another with data.',
        ),
      ]
    case 'creatable':
    case 'ok':
      findings.push(
        folder.openToOthers
          ? warning('data', 'data-folder', `${path} is open to other users`, `chmod 700 ${path}`)
          : ok('data', 'data-folder', folder.state === 'ok' ? `${path} can be written` : `${path} can be made`),
      )
  }
  if (folder.room === undefined) return findings
  const { freeBytes, keptBytes } = folder.room
  const free = `Only ${String(Math.floor(freeBytes / 1024 ** 2))} MiB are free below ${path}`
  if (freeBytes < keptBytes * (isShort ? AGAIN_SHARE : 1))
    findings.push(error('data', 'disk-space', `${free}: replicated resources take nothing new`, MAKE_ROOM))
  else if (freeBytes < Math.max(MIN_FREE_BYTES, 2 * keptBytes))
    findings.push(warning('data', 'disk-space', free, MAKE_ROOM))
  return findings
}

function checkStore({ failure }: { failure: string | undefined }): Finding {
  return failure === undefined
    ? ok('data', 'store', 'The store can be written')
    : error('data', 'store', failure, 'Is the disk full or broken? Make room, then start the agent anew.')
}

function checkOpenFiles({ limit, wanted }: { limit: number | undefined; wanted: number }): Finding {
  if (limit === undefined || limit >= wanted) {
    const bound = limit === undefined ? 'Any number of' : String(limit)
    return ok('runtime', 'open-files', `${bound} files may be open; the limits add up to ${String(wanted)}`)
  }
  return warning(
    'runtime',
    'open-files',
    `Only ${String(limit)} files may be open, and the limits add up to ${String(wanted)}: fewer connections are taken at a time, of other agents no more than ${String(Math.floor(limit / 8))}`,
    `Raise the hard limit ("ulimit -Hn", LimitNOFILE of systemd, --ulimit nofile of docker), or lower limits.connections.`,
  )
}

function checkListeners(listeners: readonly ListenerFact[]): Finding[] {
  return listeners.flatMap(({ name, address, state, clear }): Finding[] => {
    const found: Finding[] = []
    switch (state) {
      case 'free':
        found.push(ok('listeners', 'port-free', `${name}: ${address} is free`))
        break
      case 'open':
        found.push(ok('listeners', 'port-free', `${name}: listens on ${address}`))
        break
      case 'taken':
        found.push(
          error(
            'listeners',
            'port-free',
            `${name}: ${address} is taken: by the agent of this file, if it runs already, else by another program`,
            `A running agent is asked by "cheops check" without --config. Another program: stop it ("ss -ltnp" shows which it is), or choose another port, or 0 for any.`,
          ),
        )
        break
      case 'denied':
        found.push(
          error(
            'listeners',
            'port-free',
            `${name}: ${address} may not be listened on`,
            'Ports below 1024 need a privilege: choose a higher one.',
          ),
        )
        break
      case 'bad-address':
        found.push(
          error(
            'listeners',
            'port-free',
            `${name}: ${address} is no address of this machine`,
            'Listen on an address that "ip address" shows, or on 0.0.0.0.',
          ),
        )
        break
    }
    if (clear) {
      found.push(
        warning(
          'listeners',
          'listener-clear',
          `${name}: ${address} can be reached from other machines without TLS, so its token can be read on the way`,
          `Set ${name}.tls, or listen on 127.0.0.1.`,
        ),
      )
    }
    return found
  })
}

function checkEndpoint({ service, endpoint, state, detail }: EndpointFact): Finding {
  if (state === 'ok') return ok('application', 'app-answers', `${service}: ${endpoint} answers (${detail})`)
  const hint = {
    refused: 'Start the application, or correct the endpoint.',
    timeout: 'It takes connections to nowhere, or is overloaded: try "curl" from this machine.',
    'unknown-host': 'Correct the host in the endpoint: its name has no address.',
    tls: 'Correct endpointTLS: the authority (ca), the name (serverName), or the client certificate.',
    broken: 'Something listens there that does not speak HTTP, or the scheme is wrong (http, https).',
  }[state]
  return error('application', 'app-answers', `${service}: ${endpoint} does not answer: ${detail}`, hint)
}

/**
 * The same for whoever asks whether the agent is ready, a token or none: a warning, since the agent does all the rest without this application, and
 * without the address, which is nobody's business.
 */
export function applicationOf({ service, state, detail }: Omit<EndpointFact, 'endpoint'>): Finding {
  return state === 'ok'
    ? ok('application', 'app-answers', `${service} answers (${detail})`)
    : warning(
        'application',
        'app-answers',
        `${service} does not answer: ${detail}`,
        'Start the application; "cheops check" says where it is asked.',
      )
}
