import type { GlueModule } from '../interpreter.ts'
import { refuse } from './refuse.ts'
import { rewrite } from './rewrite.ts'

/** What the definition of OpenStack cannot say: links that lead back to the agent, and errors in OpenStack's own form. */
export const openstackModule: GlueModule = service => ({
  refuse: (error, head) => refuse(error, head, service),
  rewrite,
})
