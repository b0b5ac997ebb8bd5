import v8 from 'node:v8'
import vm from 'node:vm'

/**
 * Collects the young garbage of large bodies in time. Each read of a socket and each message of noise leaves some buffers of 64 KB
 * behind whose memory lies outside V8's heap. The small objects in front of them fill the young generation so slowly that V8 never
 * collects it for them: it waits until their memory presses, and then marks the whole heap, ninety times for a gigabyte. A look at the
 * young generation each 8 MB keeps that from happening. Measured: 1 GB through two agents takes less than half the CPU.
 *
 * Small messages never come this way.
 */
export class YoungGarbage {
  readonly #v8: CollectingV8
  #bytes = 0
  #end: NodeJS.Timeout | undefined

  /** @param own for tests */
  constructor(own: CollectingV8 = { collectYoung: minorCollection(), growHeapBy }) {
    this.#v8 = own
  }

  /** @param bytes that were just left behind */
  add(bytes: number): void {
    if (bytes < LARGE_BYTES) return
    this.#bytes += bytes
    if (this.#bytes < COLLECT_EACH_BYTES) return
    this.#bytes = 0
    this.#v8.collectYoung?.()
    this.#letGrow()
  }

  #letGrow(): void {
    if (this.#end !== undefined) {
      this.#end.refresh()
      return
    }
    this.#v8.growHeapBy(GROWTH_PERCENT)
    this.#end = setTimeout(() => {
      this.#end = undefined
      this.#v8.growHeapBy(0)
    }, GROWTH_MS).unref()
  }
}

/** What there is to tell V8. */
export interface CollectingV8 {
  /** Undefined where this V8 offers no way. */
  readonly collectYoung: (() => void) | undefined
  /** By how much the heap, with what it holds outside, may grow after a marking until it is marked again, percent; 0: as V8 sees fit. */
  readonly growHeapBy: (percent: number) => void
}

/** One for the process, as there is one heap. */
export const youngGarbage = new YoungGarbage()

/** Below this a buffer comes from a pool, or dies with the small objects around it. */
const LARGE_BYTES = 8_192
/**
 * What is told of here is a third or less of what is left behind: a body is read, copied into one part, encrypted. At 32 MB V8 was
 * there first, always; at 16 never.
 */
const COLLECT_EACH_BYTES = 8 * 1024 * 1024
/**
 * Each marking makes all that is under way old, where no look at the young comes to it. Where many bodies pass at once that is as much as V8 lets a small heap
 * grow (9 MB) until the next marking, and so on for ever: 32 bodies of 64 KB cost the sending agent three times as much.
 */
const GROWTH_PERCENT = 150
/** After the last large body. */
const GROWTH_MS = 5_000

/** `gc` of V8, without the flag on the command line that nobody would remember. */
function minorCollection(): (() => void) | undefined {
  v8.setFlagsFromString('--expose-gc')
  const gc: unknown = vm.runInNewContext('globalThis.gc')
  v8.setFlagsFromString('--no-expose-gc')
  return typeof gc === 'function' ? () => void Reflect.apply(gc, undefined, [{ type: 'minor' }]) : undefined
}

/** V8 reads it at the end of each marking. */
function growHeapBy(percent: number): void {
  v8.setFlagsFromString(`--heap-growing-percent=${percent}`)
}
