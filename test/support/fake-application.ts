export { FakeApplication } from '../../sims/world/fake-application.ts'
export type { Effect, FakeApplicationOptions, Fault, JsonObject } from '../../sims/world/fake-application.ts'
