import { defineConfig } from 'oxlint'
import type { OxlintOverride } from 'oxlint'

/** What the files of one room may import besides each other. Whatever is not named is refused. */
export type Room = {
  /** A folder, its sub-folders included, or one file; `*` stands for any one folder. */
  readonly room: string
  /** Folders and files of this repository. */
  readonly imports: readonly string[]
  /** Packages, sub-paths included; `@scope/*` for all of a scope, `node:*` for all of Node. */
  readonly packages: readonly string[]
}

/** What most rooms build on: the pure core, the interfaces, and the two files of types that are everybody's. */
const CONTRACTS = ['src/core', 'src/ports', 'src/errors.ts', 'src/config.ts']

/** There is one heap for the process: what moves large bodies tells of them at one place. */
const YOUNG_GARBAGE = 'src/adapters/system/young-garbage.ts'

/**
 * The import table of `src/README.md`, where each line has its reason; a test compares the two. Files that stand in no room (the
 * composition root `src/node.ts` with its parts in `src/composition/`, and the tests) may import everything.
 */
export const IMPORT_TABLE: readonly Room[] = [
  { room: 'src/errors.ts', imports: [], packages: [] },
  { room: 'src/config.ts', imports: ['src/core', 'src/errors.ts'], packages: [] },
  { room: 'src/core/*', imports: ['src/core/resource', 'src/errors.ts'], packages: [] },
  {
    room: 'src/core/oplog',
    imports: ['src/core/resource', 'src/core/membership/incarnation.ts', 'src/errors.ts'],
    packages: [],
  },
  {
    room: 'src/ports',
    imports: ['src/core', 'src/errors.ts', 'src/config.ts'],
    packages: ['@libp2p/interface'],
  },
  { room: 'src/runtime', imports: CONTRACTS, packages: [] },
  {
    room: 'src/config',
    imports: CONTRACTS,
    packages: ['@multiformats/multiaddr', 'node:*', 'yaml'],
  },
  {
    room: 'src/glue',
    imports: CONTRACTS,
    packages: ['ajv', 'node:*', 'yaml'],
  },
  {
    room: 'src/adapters/blobs',
    imports: CONTRACTS,
    packages: ['node:*'],
  },
  {
    room: 'src/adapters/http',
    imports: [...CONTRACTS, YOUNG_GARBAGE],
    packages: ['node:*'],
  },
  {
    room: 'src/adapters/level',
    imports: CONTRACTS,
    packages: ['level', 'node:*'],
  },
  {
    room: 'src/adapters/libp2p',
    imports: [...CONTRACTS, YOUNG_GARBAGE],
    packages: [
      '@libp2p/*',
      '@multiformats/multiaddr',
      'datastore-level',
      'libp2p',
      'node:*',
      'uint8arraylist',
      'uint8arrays',
    ],
  },
  {
    room: 'src/adapters/logging',
    imports: CONTRACTS,
    packages: ['node:*', 'pino'],
  },
  {
    room: 'src/adapters/metrics',
    imports: CONTRACTS,
    packages: ['node:*', 'prom-client'],
  },
  {
    room: 'src/adapters/system',
    imports: CONTRACTS,
    packages: ['node:*'],
  },
  {
    room: 'protocols/*',
    imports: CONTRACTS,
    packages: [
      '@libp2p/crypto',
      '@libp2p/interface',
      '@libp2p/peer-id',
      '@multiformats/multiaddr',
      'it-length-prefixed',
      'it-pipe',
      'node:*',
      'uint8arraylist',
      'uint8arrays',
    ],
  },
  {
    room: 'src/cli',
    imports: [
      'src/core',
      'src/ports',
      'src/config',
      'src/glue',
      'src/errors.ts',
      'src/config.ts',
      'src/node.ts',
      'src/adapters/libp2p/mesh-key.ts',
      'src/adapters/libp2p/peer-key.ts',
    ],
    packages: ['@libp2p/peer-id', '@peculiar/x509', 'commander', 'node:*', 'reflect-metadata', 'yaml'],
  },
  { room: 'sims/apps', imports: [], packages: ['node:*'] },
  { room: 'sims/demo', imports: ['sims/apps'], packages: ['node:*'] },
  { room: 'sims/compose', imports: ['sims/apps', 'sims/demo'], packages: ['node:*'] },
  {
    room: 'sims/world',
    imports: [
      'src/core',
      'src/ports',
      'src/runtime',
      'src/glue',
      'src/errors.ts',
      'protocols/heartbeat',
      'protocols/state',
      'protocols/sync',
    ],
    packages: [],
  },
  {
    room: 'sims/checkers',
    imports: ['src/core', 'src/ports', 'src/runtime', 'src/errors.ts', 'protocols/heartbeat', 'sims/world'],
    packages: [],
  },
  {
    room: 'sims/scenarios',
    imports: [
      'src/core',
      'src/ports',
      'src/runtime',
      'src/errors.ts',
      'protocols/heartbeat',
      'sims/world',
      'sims/checkers',
    ],
    packages: [],
  },
]

/** Rooms have at most this many levels of folders below them: a deeper one hides what belongs to it. */
const MAX_DEPTH = 2

const isFile = (path: string): boolean => path.endsWith('.ts')
const up = (levels: number): string => '../'.repeat(levels)

/** The shortest relative path from a folder `depth` levels below `room` to `target`: the only spelling that is accepted. */
const relative = (room: string, depth: number, target: string): string => {
  const from = (isFile(room) ? room.split('/').slice(0, -1) : room.split('/')).slice()
  const to = target.split('/')
  let common = 0
  while (common < from.length && from[common] === to[common]) common++
  const path = up(depth + from.length - common) + to.slice(common).join('/')
  return path.startsWith('../') ? path : `./${path}`
}

/**
 * The patterns (as in .gitignore: the last one that matches decides, `!` allows) for the files `depth` levels below a room:
 * everything is refused, then what lies inside the room, the table's line and its packages are allowed.
 */
const patterns = ({ room, imports, packages }: Room, depth: number): string[] => [
  '*',
  ...(isFile(room) ? [] : ['!./**', ...Array.from({ length: depth }, (_, level) => `!${up(level + 1)}**`)]),
  ...(isFile(room) ? [] : [`${up(depth + 1)}**`]),
  ...imports.map(target => `!${relative(room, depth, target)}${isFile(target) ? '' : '/**'}`),
  ...packages.flatMap(name => [`!${name}`, `!${name}/**`]),
  // Another spelling of a path would slip past the patterns above.
  './../**',
  '**/[!.]*/../**',
]

const importOverride = (files: string, group: string[], message: string): OxlintOverride => ({
  files: [files],
  rules: { 'eslint/no-restricted-imports': ['error', { patterns: [{ group, message }] }] },
})

const depths = Array.from({ length: MAX_DEPTH + 1 }, (_, depth) => depth)

/** One override a room and depth, since a relative path says where it leads only together with where it starts. */
const importOverrides = IMPORT_TABLE.flatMap(line => {
  const { room, imports, packages } = line
  const allowed = [...imports, ...packages].join(', ')
  const message = `${room} may import ${allowed === '' ? 'nothing but its own files' : allowed}: see src/README.md`
  if (isFile(room)) return [importOverride(room, patterns(line, 0), message)]
  return [
    ...depths.map(depth => importOverride(`${room}/${'*/'.repeat(depth)}*.ts`, patterns(line, depth), message)),
    importOverride(
      `${room}/${'*/'.repeat(MAX_DEPTH + 1)}**`,
      ['*'],
      `${room} has at most ${MAX_DEPTH} levels of folders`,
    ),
  ]
})

const banned = (names: readonly string[], message: string) => names.map(name => ({ name, message }))

const CLOCKS = ['Date', 'performance', 'setTimeout', 'setInterval'] as const
const RANDOMNESS = [
  { object: 'Math', property: 'random', message: 'randomness is a value that is handed in' },
  { object: 'crypto', property: 'randomUUID', message: 'randomness is a value that is handed in' },
  { object: 'crypto', property: 'getRandomValues', message: 'randomness is a value that is handed in' },
  { object: 'AbortSignal', property: 'timeout', message: 'time comes from the clock that is handed in' },
] as const

/** The core is `(state, event) → (state, effects)`: the same input gives the same output, at once. */
const PURE: OxlintOverride['rules'] = {
  'eslint/no-restricted-globals': [
    'error',
    ...banned(CLOCKS, 'the core has no clock: time comes as a value'),
    ...banned(['setImmediate', 'queueMicrotask', 'Promise'], 'the core is synchronous'),
    ...banned(['fetch', 'process', 'Buffer', 'crypto'], 'the core knows neither Node nor a network'),
    ...banned(['globalThis', 'global'], 'the core has no way round its bans'),
  ],
  'eslint/no-restricted-properties': ['error', ...RANDOMNESS],
  'oxc/no-async-await': 'error',
}

/** What runs in the simulation takes time and randomness from its ports, or a seed would not replay a run. */
const SIMULATED: OxlintOverride['rules'] = {
  'eslint/no-restricted-globals': [
    'error',
    ...banned(CLOCKS, 'take time from the clock port, or the simulation cannot replay a run'),
    ...banned(['crypto'], 'take randomness from its port, or the simulation cannot replay a run'),
  ],
  'eslint/no-restricted-properties': ['error', ...RANDOMNESS],
}

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'promise', 'vitest'],
  categories: { correctness: 'error' },
  ignorePatterns: ['dist', '**/pb', 'node_modules'],
  rules: {
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/return-await': 'error',
    'typescript/await-thenable': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/only-throw-error': 'error',
    'typescript/use-unknown-in-catch-callback-variable': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-unsafe-argument': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',
    'typescript/no-unnecessary-type-assertion': 'error',
    'typescript/no-deprecated': 'error',
    'typescript/consistent-type-imports': 'error',
    'import/no-default-export': 'error',
    'import/no-cycle': 'error',
    'import/no-mutable-exports': 'error',
    'unicorn/prefer-node-protocol': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'eslint/no-unused-vars': 'error',
    'eslint/no-param-reassign': 'error',
    'eslint/no-warning-comments': 'error',
    'eslint/eqeqeq': 'error',
    'eslint/prefer-const': 'error',
    'eslint/no-var': 'error',
    'eslint/no-console': 'error',
    'vitest/no-focused-tests': 'error',
    'vitest/no-disabled-tests': 'error',
    // Streams of Node are made of callbacks, and what they wait for is made of promises.
    'promise/no-callback-in-promise': 'off',
  },
  overrides: [
    { files: ['.oxlint.config.ts', 'test/**/vitest.config.ts'], rules: { 'import/no-default-export': 'off' } },
    {
      files: ['test/**'],
      rules: {
        'eslint/no-console': 'off',
        // A test may take apart what it has made itself, and read an answer without a type for it.
        'typescript/unbound-method': 'off',
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
        // A property test expects one thing of one case and another of the next.
        'vitest/no-conditional-expect': 'off',
        // What a failure says can stand in the second argument.
        'vitest/valid-expect': ['error', { maxArgs: 2 }],
        'vitest/expect-expect': [
          'error',
          { assertFunctionNames: ['expect', 'expect*', 'assert*', 'fc.assert', '**.until', '**.settles', 'once'] },
        ],
      },
    },
    { files: ['src/core/**'], rules: PURE },
    { files: ['src/runtime/**', 'sims/world/**', 'sims/checkers/**', 'sims/scenarios/**'], rules: SIMULATED },
    ...importOverrides,
  ],
})
