import type { Finding } from './facts.ts'

export const ok = (section: string, id: string, message: string): Finding => ({
  id,
  section,
  level: 'ok',
  message,
  hint: undefined,
})

export const warning = (section: string, id: string, message: string, hint: string): Finding => ({
  id,
  section,
  level: 'warning',
  message,
  hint,
})

export const error = (section: string, id: string, message: string, hint: string): Finding => ({
  id,
  section,
  level: 'error',
  message,
  hint,
})
