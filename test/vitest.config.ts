import path from 'node:path'
import { defineConfig } from 'vitest/config'

/** One project a kind of test, so that `npm run test:unit` and its siblings choose by name. */
const project = (name: string, testTimeout: number, globalSetup: string[] = []) => ({
  test: {
    name,
    root: import.meta.dirname,
    include: [`${name}/**/*.test.ts`],
    testTimeout,
    globalSetup,
    hookTimeout: Math.max(30_000, testTimeout),
    // A process for each file loads and compiles the agent anew, which took more of the processor than the tests: what is started ends with its test.
    isolate: false,
    // What commands and agents were compiled to is kept beside them: a test starts some hundreds of them.
    env: { NODE_COMPILE_CACHE: path.join(import.meta.dirname, '../dist/compile-cache') },
  },
})

export default defineConfig({
  test: {
    // The machines that run this have two cores. With two at a time a third of what these can do is left: tests of agents wait for time-outs and beats.
    maxWorkers: 3,
    projects: [
      project('unit', 60_000),
      project('contract', 60_000),
      project('integration', 60_000),
      project('e2e', 120_000, [path.join(import.meta.dirname, 'e2e/built.ts')]),
    ],
  },
})
