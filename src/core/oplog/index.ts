export * from './context.ts'
export * from './operation.ts'
export * from './order.ts'
