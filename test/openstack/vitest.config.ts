import { defineConfig } from 'vitest/config'

/** `npm run test:openstack`: apart from the others, since it installs packages and takes minutes. */
export default defineConfig({
  test: {
    name: 'openstack',
    root: import.meta.dirname,
    include: ['*.test.ts'],
    // A command of the client takes two seconds before it asks anything; an answer of 503 it asks for six times.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
})
