/** The few words that the schemas of the admin API are made of (JSON Schema 2020-12, as OpenAPI 3.1 has it). */
import type { Schema } from './route.ts'

export const text: Schema = { type: 'string' }
export const number: Schema = { type: 'number' }
export const integer: Schema = { type: 'integer' }
export const list = (items: Schema): Schema => ({ type: 'array', items })
export const map = (values: Schema): Schema => ({ type: 'object', additionalProperties: values })
/** `optional` lists the names that may be missing. */
export const object = (properties: Readonly<Record<string, Schema>>, ...optional: string[]): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter(name => !optional.includes(name)),
})
export const choice = (...values: string[]): Schema => ({ type: 'string', enum: values })
export const moment: Schema = { type: 'number', description: 'Unix time, milliseconds' }
