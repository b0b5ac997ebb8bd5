import { defineConfig } from 'vitest/config'

/** One project a kind of test, so that `npm run test:unit` and its siblings choose by name. */
const project = (name: string, testTimeout: number) => ({
  test: {
    name,
    root: import.meta.dirname,
    include: [`${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: Math.max(30_000, testTimeout),
    // Of what is pure nothing stays behind: a process for each file took longer than its tests. The others have sockets, and measure memory.
    isolate: name !== 'unit',
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
      project('e2e', 120_000),
    ],
  },
})
