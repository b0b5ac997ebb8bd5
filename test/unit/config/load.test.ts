// Shows that configuration is read from a file, variables and flags in that order of strength, that every problem is
// reported at once with its place and the nearest known key, and that unsafe or circular configurations are refused.
// How: small YAML files in a temporary folder, given to loadConfig with an environment and flags of the test's own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { loadConfig } from '../../../src/config/load.ts'
import type { LoadOptions } from '../../../src/config/load.ts'
import { CheopsError } from '../../../src/errors.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cheops-config-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const load = (yaml: string | undefined, options: Partial<LoadOptions> = {}) => {
  if (yaml !== undefined) writeFileSync(path.join(folder, 'cheops.yaml'), yaml)
  return loadConfig({
    ...(yaml === undefined ? {} : { file: 'cheops.yaml' }),
    env: {},
    cwd: folder,
    ...options,
  })
}

const problemsOf = (yaml: string | undefined, options: Partial<LoadOptions> = {}): readonly string[] => {
  try {
    load(yaml, options)
  } catch (error) {
    if (error instanceof CheopsError && error.code === 'ERR_CONFIG_INVALID') return error.meta['problems'] as string[]
    throw error
  }
  return []
}

const MINIMAL = 'mesh: demo\nsite: site1\n'

describe('the file', () => {
  test('the example of the architecture is read as it stands', () => {
    const config = load(`
mesh: demo
site: site1                      # unique in the mesh
labels: {region: eu}
data: ./data/site1               # LevelDB, peer key, blobs
listen: [/ip4/0.0.0.0/tcp/4001]
bootstrap: [/ip4/10.0.0.2/tcp/4001]          # with or without /p2p/<id>
meshKey: ./mesh.key              # pre-shared key of the private network
ingress: {listen: 127.0.0.1:8079}
admin: {listen: 127.0.0.1:8078, tokenFile: ./data/site1/admin.token}
services:
  - name: inventory              # what scopes call it
    endpoint: http://127.0.0.1:9001
    endpointTLS: {ca: ./app-ca.pem}            # and cert, key, serverName
    credential: {bearerFile: ./agent.token}    # the agent's own account
    glue: ./inventory.glue.yaml  # or a built-in: rest (default), kubernetes, openstack
    listen: 127.0.0.1:9101       # optional: the service's own port on this agent
    tls: {cert: ./site1.pem, key: ./site1.key} # beside every HTTP listen; clientCA for mTLS
    expose: {sites: [site2], methods: [GET]}   # what other sites may use; nothing by default
`)
    expect(config).toMatchObject({
      mesh: 'demo',
      site: 'site1',
      labels: { region: 'eu' },
      data: path.join(folder, 'data/site1'),
      listen: ['/ip4/0.0.0.0/tcp/4001'],
      bootstrap: ['/ip4/10.0.0.2/tcp/4001'],
      meshKey: path.join(folder, 'mesh.key'),
      ingress: { listen: { host: '127.0.0.1', port: 8079 }, tls: undefined, tokenFile: undefined },
      admin: { listen: { host: '127.0.0.1', port: 8078 }, tokenFile: path.join(folder, 'data/site1/admin.token') },
    })
    expect(config.services).toEqual([
      {
        name: 'inventory',
        endpoint: 'http://127.0.0.1:9001',
        endpointTLS: { ca: path.join(folder, 'app-ca.pem'), cert: undefined, key: undefined, serverName: undefined },
        credential: { kind: 'bearer', file: path.join(folder, 'agent.token') },
        glue: path.join(folder, 'inventory.glue.yaml'),
        doubt: 'hold',
        lookup: 'anonymous',
        hosts: [],
        listen: { host: '127.0.0.1', port: 9101 },
        tls: { cert: path.join(folder, 'site1.pem'), key: path.join(folder, 'site1.key'), clientCA: undefined },
        expose: { sites: ['site2'], methods: ['GET'], paths: ['/**'] },
      },
    ])
  })

  test('what is not given has a default', () => {
    const config = load(MINIMAL)
    expect(config.data).toBe(path.join(folder, 'data/site1'))
    expect(config.admin.tokenFile).toBe(path.join(folder, 'data/site1/admin.token'))
    expect(config.listen).toEqual(['/ip4/0.0.0.0/tcp/4078'])
    expect(config.relay).toEqual({ serve: false, use: false })
    expect(config.log).toEqual({ level: 'info', format: 'json' })
    expect(config.services).toEqual([])
    expect(load(MINIMAL, { terminal: true }).log.format).toBe('pretty')
    expect(load(`${MINIMAL}meshKey: mesh.key\n`).relay.serve).toBe(true)
  })

  test('addresses may be host:port or multiaddresses, port 0 may be listened on', () => {
    const config = load(
      `${MINIMAL}listen: ["0.0.0.0:0", "[::]:4078", localhost:1]\nbootstrap: [seed.example.org:4078, "[2001:db8::1]:5"]\nannounce: 203.0.113.7:4078\ningress: {listen: "127.0.0.1:0"}\n`,
    )
    expect(config.listen).toEqual(['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/4078', '/ip4/127.0.0.1/tcp/1'])
    expect(config.bootstrap).toEqual(['/dns/seed.example.org/tcp/4078', '/ip6/2001:db8::1/tcp/5'])
    expect(config.announce).toEqual(['/ip4/203.0.113.7/tcp/4078'])
    expect(config.ingress.listen.port).toBe(0)
  })

  test('labels stay as they are written', () => {
    expect(load(`${MINIMAL}labels: {zone: 1.10, edge: true, name: x}\n`).labels).toEqual({
      zone: '1.10',
      edge: 'true',
      name: 'x',
    })
  })

  test('sizes and times take units', () => {
    const config = load(
      `${MINIMAL}limits: {headerBytes: 64KiB}\ntimeouts: {dialMs: 1.5s}\nheartbeat: {intervalMs: 200}\n`,
    )
    expect(config.limits.headerBytes).toBe(65_536)
    expect(config.timeouts.dialMs).toBe(1_500)
    expect(config.heartbeat.intervalMs).toBe(200)
  })

  test('a file that is not there says so', () => {
    expect(() => loadConfig({ file: 'missing.yaml', env: {}, cwd: folder })).toThrow(
      /missing\.yaml cannot be read: it does not exist/,
    )
  })
})

describe('order of strength', () => {
  const yaml = `${MINIMAL}ingress: {listen: 127.0.0.1:1}\nbootstrap: [10.0.0.1:1]\nservices: [{name: a, endpoint: "http://a:1"}]\n`

  test('file < variable < flag, for nested keys too', () => {
    const env = { CHEOPS_INGRESS_LISTEN: '127.0.0.1:2', CHEOPS_BOOTSTRAP: '10.0.0.2:1,10.0.0.3:1', CHEOPS_MESHKEY: 'k' }
    expect(load(yaml, { env }).ingress.listen.port).toBe(2)
    expect(load(yaml, { env }).bootstrap).toEqual(['/ip4/10.0.0.2/tcp/1', '/ip4/10.0.0.3/tcp/1'])
    expect(load(yaml, { env }).meshKey).toBe(path.join(folder, 'k'))
    const flags = { 'ingress.listen': '127.0.0.1:3', bootstrap: ['10.0.0.4:1', '10.0.0.5:1'], 'relay.use': true }
    const config = load(yaml, { env, flags })
    expect(config.ingress.listen.port).toBe(3)
    expect(config.bootstrap).toEqual(['/ip4/10.0.0.4/tcp/1', '/ip4/10.0.0.5/tcp/1'])
    expect(config.relay.use).toBe(true)
  })

  test('everything can come without a file, services included', () => {
    const config = load(undefined, {
      env: { CHEOPS_MESH: 'demo', CHEOPS_SITE: 'b', CHEOPS_LABELS: 'region=eu,tier=edge' },
      flags: {
        services: ['inventory=http://127.0.0.1:9', '{name: orders, endpoint: "http://127.0.0.1:8/api/", hosts: [o]}'],
      },
    })
    expect(config.labels).toEqual({ region: 'eu', tier: 'edge' })
    expect(config.services.map(({ name, endpoint, hosts }) => [name, endpoint, hosts])).toEqual([
      ['inventory', 'http://127.0.0.1:9', []],
      ['orders', 'http://127.0.0.1:8/api', ['o']],
    ])
  })

  test('paths start from the file in the file, from the working folder elsewhere', () => {
    const config = load(`${MINIMAL}meshKey: k\n`, { cwd: folder, env: { CHEOPS_DATA: 'd' } })
    expect([config.meshKey, config.data]).toEqual([path.join(folder, 'k'), path.join(folder, 'd')])
    const elsewhere = loadConfig({ file: path.join(folder, 'cheops.yaml'), env: { CHEOPS_DATA: 'd' }, cwd: tmpdir() })
    expect([elsewhere.meshKey, elsewhere.data]).toEqual([path.join(folder, 'k'), path.join(tmpdir(), 'd')])
  })

  test('variables of others are left alone, typing errors are not', () => {
    const env = {
      CHEOPS_SERVICE_HOST: 'x',
      CHEOPS_PORT_80_TCP: 'x',
      CHEOPS_ADMIN: 'x',
      CHEOPS_TOKEN_FILE: 'x',
      CHEOPS_IMAGE: 'x',
    }
    expect(problemsOf(MINIMAL, { env })).toEqual([])
    expect(problemsOf(MINIMAL, { env: { CHEOPS_INGRES_LISTEN: 'x' } })).toEqual([
      'CHEOPS_INGRES_LISTEN: unknown variable; did you mean CHEOPS_INGRESS_LISTEN?',
    ])
  })
})

test.each([
  ['bearerFile: a', { kind: 'bearer', file: '/here/a' }],
  ['basicFile: a', { kind: 'basic', file: '/here/a' }],
  ['headersFile: a', { kind: 'headers', file: '/here/a' }],
  ['cert: a, key: b', { kind: 'certificate', cert: '/here/a', key: '/here/b' }],
])('credential: {%s}', (given, expected) => {
  const services = `[{name: a, endpoint: "https://x", credential: {${given}}}]`
  const env = { CHEOPS_MESH: 'demo', CHEOPS_SITE: 'site1', CHEOPS_SERVICES: services }
  expect(loadConfig({ env, cwd: '/here' }).services[0]?.credential).toEqual(expected)
})

describe('problems', () => {
  test('all are reported at once, each with its place and what is expected', () => {
    expect(
      problemsOf(`mesh: Demo!
sit: site1
listen: [nowhere]
ingress: {listen: 8079, tokenfile: x}
mdns: maybe
heartbeat: 5
services:
  - name: Inventory
    endpoint: ftp://x
    expose: {methods: [GET]}
  - endpoint: http://x
  - 5
`),
    ).toEqual([
      'cheops.yaml:1:7: mesh must be 1 to 63 of a-z, 0-9 and "-", not "Demo!"',
      'cheops.yaml:2:1: unknown key "sit"; did you mean "site"?',
      'cheops.yaml:3:9: listen must be an IP multiaddress (/ip4/0.0.0.0/tcp/4078) or ip:port, not "nowhere"',
      'cheops.yaml:4:19: ingress.listen must be host:port (port 0 takes any free one), not "8079"',
      'cheops.yaml:4:25: unknown key "ingress.tokenfile"; did you mean "ingress.tokenFile"?',
      'cheops.yaml:5:7: mdns must be true or false, not "maybe"',
      'cheops.yaml:6:12: heartbeat must be a map with intervalMs',
      'cheops.yaml:8:5: expose needs sites: the names of the sites that may use it, or "*"',
      'cheops.yaml:8:11: name must be 1 to 63 of a-z, 0-9 and "-", beginning with a letter, not "Inventory"',
      'cheops.yaml:9:15: endpoint must be an http:// or https:// URL without user, query and fragment, not "ftp://x"',
      'cheops.yaml:11:5: name is missing: What scopes call it.',
      'cheops.yaml:12:5: a service must be a map with at least name and endpoint',
      'site is missing (or CHEOPS_SITE, or --site): Name of this site, unique in the mesh; what scopes call it.',
    ])
  })

  test.each([
    ['site: a\nsite: b\n', /cheops\.yaml:2:1: is no valid YAML/],
    ['a: [\n', /cheops\.yaml:\d+:\d+: is no valid YAML/],
    ['just text', /must be a map of keys/],
    [`${MINIMAL}tokenFile: x\n`, /unknown key "tokenFile"; did you mean "ingress.tokenFile"/],
    [`${MINIMAL}site2: x\n`, /did you mean "site"/],
    [`${MINIMAL}services: {a: b}\n`, /services must be a list/],
    [`mesh: demo\nsite: and\n`, /a word of the scope language/],
    [`${MINIMAL}bootstrap: ["10.0.0.1:0"]\n`, /port 0 cannot be reached/],
    [`${MINIMAL}listen: [/ip4/0.0.0.0/udp/1/quic-v1]\n`, /peers speak TCP/],
    [`${MINIMAL}log: {level: wran}\n`, /did you mean "warn"/],
    [`${MINIMAL}ingress: {tls: {cert: a}}\n`, /ingress\.tls\.cert needs ingress\.tls\.key too/],
    [`${MINIMAL}ingress: {tls: {clientCA: a}}\n`, /ingress\.tls\.clientCA needs/],
    [
      `${MINIMAL}services: [{name: a, endpoint: "http://u:secret@x"}]\n`,
      /without user, query and fragment, not "http:\/\/\*\*\*@x"/,
    ],
    [`${MINIMAL}services: [{name: a, endpoint: "http://x", glue: opnstack}]\n`, /did you mean "openstack"/],
    [`${MINIMAL}services: [{name: a, endpoint: "http://x", tls: {cert: a, key: b}}]\n`, /needs listen too/],
    [
      `${MINIMAL}services: [{name: a, endpoint: "http://x", credential: {bearerFile: a, basicFile: b}}]\n`,
      /takes one of/,
    ],
    [
      `${MINIMAL}services: [{name: a, endpoint: "http://x", credential: {headersFile: a, basicFile: b}}]\n`,
      /takes one of bearerFile, basicFile, headersFile, or cert and key/,
    ],
    [
      `${MINIMAL}services: [{name: a, endpoint: "http://x", credential: {cert: a, key: b}}]\n`,
      /credential\.cert can be shown to an https:\/\/ endpoint only/,
    ],
    [
      `${MINIMAL}services: [{name: a, endpoint: "http://x", expose: {sites: "*", paths: ["/a/**/b"]}}]\n`,
      /expose\.paths must be/,
    ],
    [
      `${MINIMAL}services: [{name: a, endpoint: "http://x", expose: {sites: "*", methods: [get, FETCH]}}]\n`,
      /expose\.methods item 2 must be an HTTP method or \*, not "FETCH"/,
    ],
    [`${MINIMAL}limits: {connections: 0}\n`, /whole number from 1 to 65536/],
    [`${MINIMAL}labels: {a: "b c"}\n`, /bad label/],
  ])('%j', (yaml, expected) => {
    const problems = problemsOf(yaml)
    expect(problems.join('\n')).toMatch(expected)
    expect(problems.join('\n')).not.toContain('secret')
  })

  test('whatever the file holds, the answer is a configuration or a list of problems', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .dictionary(fc.constantFrom('site', 'listen', 'labels', 'services', 'log', 'ingress'), fc.jsonValue())
            .map(o => JSON.stringify(o)),
        ),
        yaml => {
          expect(problemsOf(yaml).filter(problem => problem === '')).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('rules', () => {
  test('an ingress that others can reach needs a token or client certificates', () => {
    expect(problemsOf(`${MINIMAL}ingress: {listen: "0.0.0.0:8079"}\n`)).toEqual([
      'cheops.yaml:3:19: ingress.listen 0.0.0.0:8079 can be reached from other machines: it needs ingress.tokenFile or ingress.tls.clientCA',
    ])
    expect(problemsOf(`${MINIMAL}ingress: {listen: "0.0.0.0:8079", tokenFile: t}\n`)).toEqual([])
    expect(problemsOf(`${MINIMAL}ingress: {listen: "0.0.0.0:8079", tls: {cert: c, key: k}}\n`)).toHaveLength(1)
    expect(problemsOf(`${MINIMAL}ingress: {listen: "0.0.0.0:8079", tls: {cert: c, key: k, clientCA: a}}\n`)).toEqual([])
    expect(problemsOf(`${MINIMAL}ingress: {listen: "[::1]:8079"}\n`)).toEqual([])
  })

  test('names and hosts of services are unique', () => {
    const services = `services:\n  - {name: a, endpoint: "http://x:1", hosts: [h]}\n  - {name: a, endpoint: "http://x:2"}\n  - {name: b, endpoint: "http://x:3", hosts: [H]}\n`
    expect(problemsOf(MINIMAL + services)).toEqual([
      'cheops.yaml:5:12: the service "a" stands twice, first at cheops.yaml:4:12',
      'cheops.yaml:6:46: the host h is that of "a" already',
    ])
  })

  test('an endpoint that leads back to the agent is refused', () => {
    const own = (endpoint: string, ingress = '127.0.0.1:8079') =>
      problemsOf(
        `${MINIMAL}ingress: {listen: "${ingress}", tokenFile: t}\nservices: [{name: a, endpoint: "${endpoint}"}]\n`,
      )
    expect(own('http://127.0.0.1:8079/a').join()).toMatch(/own listener ingress: requests would run in a circle/)
    expect(own('http://localhost:8078').join()).toMatch(/own listener admin/)
    for (const host of ['127.1', '0x7f.1', '127.0.0.1.', 'localhost.', 'LOCALHOST', '[::ffff:127.0.0.1]']) {
      expect(own(`http://${host}:8079`).join(), host).toMatch(/own listener ingress/)
    }
    expect(own('http://[::1]:8079', '[::]:8079').join()).toMatch(/own listener ingress/)
    expect(own('http://localhost:8079', '[::1]:8079').join()).toMatch(/own listener ingress/)
    expect(own('http://127.0.0.1', '0.0.0.0:80').join()).toMatch(/own listener ingress/)
    expect(own('http://127.0.0.1:8079', '127.0.0.1:0')).toEqual([])
    expect(own('http://127.0.0.2:8079')).toEqual([])
  })

  test('are held to what is good where something else is bad, and say nothing of what is bad', () => {
    const services = [
      'name: a, endpoint: "http://127.0.0.1:8078", hosts: [h]',
      'name: a, endpoint: "ftp://x"',
      'name: B!, endpoint: "http://x:3", hosts: [H]',
    ]
    const yaml = `${MINIMAL}mdns: maybe\ningress: {listen: "0.0.0.0:8080"}\nservices:\n${services.map(each => `  - {${each}}\n`).join('')}`
    expect(problemsOf(yaml)).toEqual([
      'cheops.yaml:3:7: mdns must be true or false, not "maybe"',
      'cheops.yaml:4:19: ingress.listen 0.0.0.0:8080 can be reached from other machines: it needs ingress.tokenFile or ingress.tls.clientCA',
      'cheops.yaml:6:25: the endpoint of "a" is this agent\'s own listener admin: requests would run in a circle',
      'cheops.yaml:7:12: the service "a" stands twice, first at cheops.yaml:6:12',
      'cheops.yaml:7:25: endpoint must be an http:// or https:// URL without user, query and fragment, not "ftp://x"',
      'cheops.yaml:8:12: name must be 1 to 63 of a-z, 0-9 and "-", beginning with a letter, not "B!"',
      'cheops.yaml:8:47: the host h is that of "a" already',
    ])
    // A default that stands in for what is bad breaks no rule.
    expect(problemsOf(`${MINIMAL}ingress: {listen: 8079}\nadmin: {listen: "127.0.0.1:8079"}\n`)).toHaveLength(1)
    expect(problemsOf(`${MINIMAL}ingress: {listen: "0.0.0.0:1", tokenFile: [t]}\n`)).toHaveLength(1)
    expect(problemsOf(`${MINIMAL}ingress: {listen: "0.0.0.0:1", tls: {clientCA: a}}\n`)).toHaveLength(1)
  })

  test('two listeners on one port are refused', () => {
    expect(problemsOf(`${MINIMAL}ingress: {listen: "127.0.0.1:8078"}\n`).join()).toMatch(
      /admin and ingress listen on the same port 8078/,
    )
  })
})

describe('webhooks', () => {
  test('a URL alone is told of all; a map says of what, and how it is signed', () => {
    const { webhooks } = load(`${MINIMAL}webhooks:
  - http://127.0.0.1:9/hook?token=x
  - {url: https://example.org, secretFile: ./hook.secret, events: [done, failed]}
`)
    expect(webhooks).toEqual([
      {
        url: 'http://127.0.0.1:9/hook?token=x',
        secretFile: undefined,
        events: ['done', 'superseded', 'failed', 'diverged', 'conflict'],
      },
      { url: 'https://example.org/', secretFile: path.join(folder, 'hook.secret'), events: ['done', 'failed'] },
    ])
  })

  test('a variable takes them as YAML', () => {
    const env = { CHEOPS_WEBHOOKS: '[{url: "http://127.0.0.1:9/", events: conflict}]' }
    expect(load(MINIMAL, { env }).webhooks).toEqual([
      { url: 'http://127.0.0.1:9/', secretFile: undefined, events: ['conflict'] },
    ])
  })

  test.each([
    ['{url: "ftp://hunter2"}', 'webhooks needs url: an http:// or https:// URL without user'],
    ['{url: "http://a:hunter2@b"}', 'webhooks needs url: an http:// or https:// URL without user'],
    ['{secretFile: x}', 'webhooks needs url: an http:// or https:// URL without user'],
    ['{url: "http://a", event: [done]}', 'webhooks has an unknown key "event"; did you mean "events"?'],
    ['{url: "http://a", events: [doen]}', 'did you mean "done"?'],
    ['7', 'webhooks needs url: an http:// or https:// URL without user'],
    ['[[7]]', 'webhooks must be an http:// or https:// URL, or {url, secretFile, events: [done, '],
  ])('%s is refused, and says what is expected', (text, expected) => {
    const problems = problemsOf(`${MINIMAL}webhooks: [${text}]\n`)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(expected)
    expect(problems[0]).not.toContain('hunter2')
  })
})
