export { MemoryStore } from '../../sims/world/memory-store.ts'
