import type { BareSample } from './bare.ts'
import type { ManyResults } from './many.ts'
import type { BesideOrbitSample } from './orbitdb.ts'
import type { WritesSample } from './writes.ts'

/** All that was measured; what was not is left out. */
export interface ReplicationResults {
  writes?: readonly WritesSample[]
  bare?: readonly BareSample[]
  many?: ManyResults
  orbitdb?: readonly BesideOrbitSample[]
}
