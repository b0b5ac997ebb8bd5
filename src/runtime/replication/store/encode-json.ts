export function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
