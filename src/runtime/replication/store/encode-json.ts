const ENCODER = new TextEncoder()

export function encodeJson(value: unknown): Uint8Array {
  return ENCODER.encode(JSON.stringify(value))
}
