export { ADMIN_LIMITS, startAdminServer } from './server.ts'
export type { AdminServer, AdminServerOptions } from './server.ts'
