import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Origin {
  site: string
  incarnation: Uint8Array<ArrayBuffer>
}

export namespace Origin {
  let _codec: Codec<Origin>

  export const codec = (): Codec<Origin> => {
    if (_codec == null) {
      _codec = message<Origin>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.site != null && obj.site !== '')) {
          w.uint32(10)
          w.string(obj.site)
        }

        if ((obj.incarnation != null && obj.incarnation.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.incarnation)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          site: '',
          incarnation: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.site = reader.string()
              break
            }
            case 2: {
              obj.incarnation = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.site`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.incarnation`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface OriginSiteFieldEvent {
    field: '$.site'
    value: string
  }

  export interface OriginIncarnationFieldEvent {
    field: '$.incarnation'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Origin>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Origin.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Origin>): Origin {
    return decodeMessage(buf, Origin.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Origin>): Generator<OriginSiteFieldEvent | OriginIncarnationFieldEvent> {
    return streamMessage(buf, Origin.codec(), opts)
  }
}

export interface Dot {
  origin: number
  number: bigint
}

export namespace Dot {
  let _codec: Codec<Dot>

  export const codec = (): Codec<Dot> => {
    if (_codec == null) {
      _codec = message<Dot>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.origin != null && obj.origin !== 0)) {
          w.uint32(8)
          w.uint32(obj.origin)
        }

        if ((obj.number != null && obj.number !== 0n)) {
          w.uint32(17)
          w.fixed64(obj.number)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          origin: 0,
          number: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.origin = reader.uint32()
              break
            }
            case 2: {
              obj.number = reader.fixed64()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.origin`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.number`,
                value: reader.fixed64()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DotOriginFieldEvent {
    field: '$.origin'
    value: number
  }

  export interface DotNumberFieldEvent {
    field: '$.number'
    value: bigint
  }

  export function encode (obj: Partial<Dot>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Dot.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Dot>): Dot {
    return decodeMessage(buf, Dot.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Dot>): Generator<DotOriginFieldEvent | DotNumberFieldEvent> {
    return streamMessage(buf, Dot.codec(), opts)
  }
}

export interface Id {
  ms: bigint
  counter: number
  origin: number
  number: bigint
}

export namespace Id {
  let _codec: Codec<Id>

  export const codec = (): Codec<Id> => {
    if (_codec == null) {
      _codec = message<Id>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.ms != null && obj.ms !== 0n)) {
          w.uint32(9)
          w.fixed64(obj.ms)
        }

        if ((obj.counter != null && obj.counter !== 0)) {
          w.uint32(16)
          w.uint32(obj.counter)
        }

        if ((obj.origin != null && obj.origin !== 0)) {
          w.uint32(24)
          w.uint32(obj.origin)
        }

        if ((obj.number != null && obj.number !== 0n)) {
          w.uint32(33)
          w.fixed64(obj.number)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          ms: 0n,
          counter: 0,
          origin: 0,
          number: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.ms = reader.fixed64()
              break
            }
            case 2: {
              obj.counter = reader.uint32()
              break
            }
            case 3: {
              obj.origin = reader.uint32()
              break
            }
            case 4: {
              obj.number = reader.fixed64()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.ms`,
                value: reader.fixed64()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.counter`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.origin`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.number`,
                value: reader.fixed64()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface IdMsFieldEvent {
    field: '$.ms'
    value: bigint
  }

  export interface IdCounterFieldEvent {
    field: '$.counter'
    value: number
  }

  export interface IdOriginFieldEvent {
    field: '$.origin'
    value: number
  }

  export interface IdNumberFieldEvent {
    field: '$.number'
    value: bigint
  }

  export function encode (obj: Partial<Id>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Id.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Id>): Id {
    return decodeMessage(buf, Id.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Id>): Generator<IdMsFieldEvent | IdCounterFieldEvent | IdOriginFieldEvent | IdNumberFieldEvent> {
    return streamMessage(buf, Id.codec(), opts)
  }
}

export interface Hole {
  after: bigint
  last?: Dot
}

export namespace Hole {
  let _codec: Codec<Hole>

  export const codec = (): Codec<Hole> => {
    if (_codec == null) {
      _codec = message<Hole>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.after != null && obj.after !== 0n)) {
          w.uint32(9)
          w.fixed64(obj.after)
        }

        if (obj.last != null) {
          w.uint32(18)
          Dot.codec().encode(obj.last, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          after: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.after = reader.fixed64()
              break
            }
            case 2: {
              obj.last = Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.last
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.after`,
                value: reader.fixed64()
              }
              break
            }
            case 2: {
              yield * Dot.codec().stream(reader, reader.uint32(), `${prefix}.last`, {
                limits: opts.limits?.last
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HoleAfterFieldEvent {
    field: '$.after'
    value: bigint
  }

  export interface HoleLastOriginFieldEvent {
    field: '$.last.origin'
    value: number
  }

  export interface HoleLastNumberFieldEvent {
    field: '$.last.number'
    value: bigint
  }

  export function encode (obj: Partial<Hole>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hole.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hole>): Hole {
    return decodeMessage(buf, Hole.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hole>): Generator<HoleAfterFieldEvent | HoleLastOriginFieldEvent | HoleLastNumberFieldEvent> {
    return streamMessage(buf, Hole.codec(), opts)
  }
}

export interface LifeKnowledge {
  life?: Id
  knowledge: Dot[]
  holes: Hole[]
}

export namespace LifeKnowledge {
  let _codec: Codec<LifeKnowledge>

  export const codec = (): Codec<LifeKnowledge> => {
    if (_codec == null) {
      _codec = message<LifeKnowledge>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.life != null) {
          w.uint32(10)
          Id.codec().encode(obj.life, w)
        }

        if (obj.knowledge != null && obj.knowledge.length > 0) {
          for (const value of obj.knowledge) {
            w.uint32(18)
            Dot.codec().encode(value, w)
          }
        }

        if (obj.holes != null && obj.holes.length > 0) {
          for (const value of obj.holes) {
            w.uint32(26)
            Hole.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          knowledge: [],
          holes: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.life = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.life
              })
              break
            }
            case 2: {
              if (opts.limits?.knowledge != null && obj.knowledge.length === opts.limits.knowledge) {
                throw new MaxLengthError('Decode error - repeated field "knowledge" had too many elements')
              }

              obj.knowledge.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.knowledge$
              }))
              break
            }
            case 3: {
              if (opts.limits?.holes != null && obj.holes.length === opts.limits.holes) {
                throw new MaxLengthError('Decode error - repeated field "holes" had too many elements')
              }

              obj.holes.push(Hole.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.holes$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          knowledge: 0,
          holes: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.life`, {
                limits: opts.limits?.life
              })

              break
            }
            case 2: {
              if (opts.limits?.knowledge != null && obj.knowledge === opts.limits.knowledge) {
                throw new MaxLengthError('Streaming decode error - repeated field "knowledge" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.knowledge[]`, {
                limits: opts.limits?.knowledge$
              })) {
                yield {
                  ...evt,
                  index: obj.knowledge
                }
              }

              obj.knowledge++

              break
            }
            case 3: {
              if (opts.limits?.holes != null && obj.holes === opts.limits.holes) {
                throw new MaxLengthError('Streaming decode error - repeated field "holes" had too many elements')
              }

              for (const evt of Hole.codec().stream(reader, reader.uint32(), `${prefix}.holes[]`, {
                limits: opts.limits?.holes$
              })) {
                yield {
                  ...evt,
                  index: obj.holes
                }
              }

              obj.holes++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface LifeKnowledgeLifeMsFieldEvent {
    field: '$.life.ms'
    value: bigint
  }

  export interface LifeKnowledgeLifeCounterFieldEvent {
    field: '$.life.counter'
    value: number
  }

  export interface LifeKnowledgeLifeOriginFieldEvent {
    field: '$.life.origin'
    value: number
  }

  export interface LifeKnowledgeLifeNumberFieldEvent {
    field: '$.life.number'
    value: bigint
  }

  export interface LifeKnowledgeKnowledgeOriginFieldEvent {
    field: '$.knowledge[].origin'
    value: number
    index: number
  }

  export interface LifeKnowledgeKnowledgeNumberFieldEvent {
    field: '$.knowledge[].number'
    value: bigint
    index: number
  }

  export interface LifeKnowledgeHolesAfterFieldEvent {
    field: '$.holes[].after'
    value: bigint
    index: number
  }

  export interface LifeKnowledgeHolesLastOriginFieldEvent {
    field: '$.holes[].last.origin'
    value: number
    index: number
  }

  export interface LifeKnowledgeHolesLastNumberFieldEvent {
    field: '$.holes[].last.number'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<LifeKnowledge>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, LifeKnowledge.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LifeKnowledge>): LifeKnowledge {
    return decodeMessage(buf, LifeKnowledge.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LifeKnowledge>): Generator<LifeKnowledgeLifeMsFieldEvent | LifeKnowledgeLifeCounterFieldEvent | LifeKnowledgeLifeOriginFieldEvent | LifeKnowledgeLifeNumberFieldEvent | LifeKnowledgeKnowledgeOriginFieldEvent | LifeKnowledgeKnowledgeNumberFieldEvent | LifeKnowledgeHolesAfterFieldEvent | LifeKnowledgeHolesLastOriginFieldEvent | LifeKnowledgeHolesLastNumberFieldEvent> {
    return streamMessage(buf, LifeKnowledge.codec(), opts)
  }
}

export interface Idempotency {
  principal: string
  key: string
  request?: Uint8Array<ArrayBuffer>
}

export namespace Idempotency {
  let _codec: Codec<Idempotency>

  export const codec = (): Codec<Idempotency> => {
    if (_codec == null) {
      _codec = message<Idempotency>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.principal != null && obj.principal !== '')) {
          w.uint32(10)
          w.string(obj.principal)
        }

        if ((obj.key != null && obj.key !== '')) {
          w.uint32(18)
          w.string(obj.key)
        }

        if (obj.request != null) {
          w.uint32(26)
          w.bytes(obj.request)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          principal: '',
          key: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.principal = reader.string()
              break
            }
            case 2: {
              obj.key = reader.string()
              break
            }
            case 3: {
              obj.request = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.principal`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.key`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.request`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface IdempotencyPrincipalFieldEvent {
    field: '$.principal'
    value: string
  }

  export interface IdempotencyKeyFieldEvent {
    field: '$.key'
    value: string
  }

  export interface IdempotencyRequestFieldEvent {
    field: '$.request'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Idempotency>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Idempotency.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Idempotency>): Idempotency {
    return decodeMessage(buf, Idempotency.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Idempotency>): Generator<IdempotencyPrincipalFieldEvent | IdempotencyKeyFieldEvent | IdempotencyRequestFieldEvent> {
    return streamMessage(buf, Idempotency.codec(), opts)
  }
}

export interface Operation {
  id?: Id
  idempotency?: Idempotency
}

export namespace Operation {
  let _codec: Codec<Operation>

  export const codec = (): Codec<Operation> => {
    if (_codec == null) {
      _codec = message<Operation>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.id != null) {
          w.uint32(10)
          Id.codec().encode(obj.id, w)
        }

        if (obj.idempotency != null) {
          w.uint32(18)
          Idempotency.codec().encode(obj.idempotency, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.id
              })
              break
            }
            case 2: {
              obj.idempotency = Idempotency.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.idempotency
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.id`, {
                limits: opts.limits?.id
              })

              break
            }
            case 2: {
              yield * Idempotency.codec().stream(reader, reader.uint32(), `${prefix}.idempotency`, {
                limits: opts.limits?.idempotency
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface OperationIdMsFieldEvent {
    field: '$.id.ms'
    value: bigint
  }

  export interface OperationIdCounterFieldEvent {
    field: '$.id.counter'
    value: number
  }

  export interface OperationIdOriginFieldEvent {
    field: '$.id.origin'
    value: number
  }

  export interface OperationIdNumberFieldEvent {
    field: '$.id.number'
    value: bigint
  }

  export interface OperationIdempotencyPrincipalFieldEvent {
    field: '$.idempotency.principal'
    value: string
  }

  export interface OperationIdempotencyKeyFieldEvent {
    field: '$.idempotency.key'
    value: string
  }

  export interface OperationIdempotencyRequestFieldEvent {
    field: '$.idempotency.request'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Operation>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Operation.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Operation>): Operation {
    return decodeMessage(buf, Operation.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Operation>): Generator<OperationIdMsFieldEvent | OperationIdCounterFieldEvent | OperationIdOriginFieldEvent | OperationIdNumberFieldEvent | OperationIdempotencyPrincipalFieldEvent | OperationIdempotencyKeyFieldEvent | OperationIdempotencyRequestFieldEvent> {
    return streamMessage(buf, Operation.codec(), opts)
  }
}

export interface Executed {
  life?: Id
  operations: Operation[]
  context: Dot[]
}

export namespace Executed {
  let _codec: Codec<Executed>

  export const codec = (): Codec<Executed> => {
    if (_codec == null) {
      _codec = message<Executed>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.life != null) {
          w.uint32(10)
          Id.codec().encode(obj.life, w)
        }

        if (obj.operations != null && obj.operations.length > 0) {
          for (const value of obj.operations) {
            w.uint32(18)
            Operation.codec().encode(value, w)
          }
        }

        if (obj.context != null && obj.context.length > 0) {
          for (const value of obj.context) {
            w.uint32(26)
            Dot.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          operations: [],
          context: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.life = Id.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.life
              })
              break
            }
            case 2: {
              if (opts.limits?.operations != null && obj.operations.length === opts.limits.operations) {
                throw new MaxLengthError('Decode error - repeated field "operations" had too many elements')
              }

              obj.operations.push(Operation.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.operations$
              }))
              break
            }
            case 3: {
              if (opts.limits?.context != null && obj.context.length === opts.limits.context) {
                throw new MaxLengthError('Decode error - repeated field "context" had too many elements')
              }

              obj.context.push(Dot.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.context$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          operations: 0,
          context: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Id.codec().stream(reader, reader.uint32(), `${prefix}.life`, {
                limits: opts.limits?.life
              })

              break
            }
            case 2: {
              if (opts.limits?.operations != null && obj.operations === opts.limits.operations) {
                throw new MaxLengthError('Streaming decode error - repeated field "operations" had too many elements')
              }

              for (const evt of Operation.codec().stream(reader, reader.uint32(), `${prefix}.operations[]`, {
                limits: opts.limits?.operations$
              })) {
                yield {
                  ...evt,
                  index: obj.operations
                }
              }

              obj.operations++

              break
            }
            case 3: {
              if (opts.limits?.context != null && obj.context === opts.limits.context) {
                throw new MaxLengthError('Streaming decode error - repeated field "context" had too many elements')
              }

              for (const evt of Dot.codec().stream(reader, reader.uint32(), `${prefix}.context[]`, {
                limits: opts.limits?.context$
              })) {
                yield {
                  ...evt,
                  index: obj.context
                }
              }

              obj.context++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ExecutedLifeMsFieldEvent {
    field: '$.life.ms'
    value: bigint
  }

  export interface ExecutedLifeCounterFieldEvent {
    field: '$.life.counter'
    value: number
  }

  export interface ExecutedLifeOriginFieldEvent {
    field: '$.life.origin'
    value: number
  }

  export interface ExecutedLifeNumberFieldEvent {
    field: '$.life.number'
    value: bigint
  }

  export interface ExecutedOperationsIdMsFieldEvent {
    field: '$.operations[].id.ms'
    value: bigint
    index: number
  }

  export interface ExecutedOperationsIdCounterFieldEvent {
    field: '$.operations[].id.counter'
    value: number
    index: number
  }

  export interface ExecutedOperationsIdOriginFieldEvent {
    field: '$.operations[].id.origin'
    value: number
    index: number
  }

  export interface ExecutedOperationsIdNumberFieldEvent {
    field: '$.operations[].id.number'
    value: bigint
    index: number
  }

  export interface ExecutedOperationsIdempotencyPrincipalFieldEvent {
    field: '$.operations[].idempotency.principal'
    value: string
    index: number
  }

  export interface ExecutedOperationsIdempotencyKeyFieldEvent {
    field: '$.operations[].idempotency.key'
    value: string
    index: number
  }

  export interface ExecutedOperationsIdempotencyRequestFieldEvent {
    field: '$.operations[].idempotency.request'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ExecutedContextOriginFieldEvent {
    field: '$.context[].origin'
    value: number
    index: number
  }

  export interface ExecutedContextNumberFieldEvent {
    field: '$.context[].number'
    value: bigint
    index: number
  }

  export function encode (obj: Partial<Executed>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Executed.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Executed>): Executed {
    return decodeMessage(buf, Executed.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Executed>): Generator<ExecutedLifeMsFieldEvent | ExecutedLifeCounterFieldEvent | ExecutedLifeOriginFieldEvent | ExecutedLifeNumberFieldEvent | ExecutedOperationsIdMsFieldEvent | ExecutedOperationsIdCounterFieldEvent | ExecutedOperationsIdOriginFieldEvent | ExecutedOperationsIdNumberFieldEvent | ExecutedOperationsIdempotencyPrincipalFieldEvent | ExecutedOperationsIdempotencyKeyFieldEvent | ExecutedOperationsIdempotencyRequestFieldEvent | ExecutedContextOriginFieldEvent | ExecutedContextNumberFieldEvent> {
    return streamMessage(buf, Executed.codec(), opts)
  }
}

export interface Header {
  name: string
  value: string
}

export namespace Header {
  let _codec: Codec<Header>

  export const codec = (): Codec<Header> => {
    if (_codec == null) {
      _codec = message<Header>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(10)
          w.string(obj.name)
        }

        if ((obj.value != null && obj.value !== '')) {
          w.uint32(18)
          w.string(obj.value)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: '',
          value: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.name = reader.string()
              break
            }
            case 2: {
              obj.value = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.value`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HeaderNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface HeaderValueFieldEvent {
    field: '$.value'
    value: string
  }

  export function encode (obj: Partial<Header>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Header.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Header>): Header {
    return decodeMessage(buf, Header.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Header>): Generator<HeaderNameFieldEvent | HeaderValueFieldEvent> {
    return streamMessage(buf, Header.codec(), opts)
  }
}

export interface Resource {
  headers: Header[]
  body: Uint8Array<ArrayBuffer>
}

export namespace Resource {
  let _codec: Codec<Resource>

  export const codec = (): Codec<Resource> => {
    if (_codec == null) {
      _codec = message<Resource>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.headers != null && obj.headers.length > 0) {
          for (const value of obj.headers) {
            w.uint32(10)
            Header.codec().encode(value, w)
          }
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.body)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          headers: [],
          body: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.headers != null && obj.headers.length === opts.limits.headers) {
                throw new MaxLengthError('Decode error - repeated field "headers" had too many elements')
              }

              obj.headers.push(Header.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.headers$
              }))
              break
            }
            case 2: {
              obj.body = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          headers: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.headers != null && obj.headers === opts.limits.headers) {
                throw new MaxLengthError('Streaming decode error - repeated field "headers" had too many elements')
              }

              for (const evt of Header.codec().stream(reader, reader.uint32(), `${prefix}.headers[]`, {
                limits: opts.limits?.headers$
              })) {
                yield {
                  ...evt,
                  index: obj.headers
                }
              }

              obj.headers++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.body`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ResourceHeadersNameFieldEvent {
    field: '$.headers[].name'
    value: string
    index: number
  }

  export interface ResourceHeadersValueFieldEvent {
    field: '$.headers[].value'
    value: string
    index: number
  }

  export interface ResourceBodyFieldEvent {
    field: '$.body'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Resource>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Resource.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Resource>): Resource {
    return decodeMessage(buf, Resource.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Resource>): Generator<ResourceHeadersNameFieldEvent | ResourceHeadersValueFieldEvent | ResourceBodyFieldEvent> {
    return streamMessage(buf, Resource.codec(), opts)
  }
}

export interface State {
  origins: Origin[]
  lives: LifeKnowledge[]
  executed?: Executed
  resource?: Resource
}

export namespace State {
  let _codec: Codec<State>

  export const codec = (): Codec<State> => {
    if (_codec == null) {
      _codec = message<State>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.origins != null && obj.origins.length > 0) {
          for (const value of obj.origins) {
            w.uint32(10)
            Origin.codec().encode(value, w)
          }
        }

        if (obj.lives != null && obj.lives.length > 0) {
          for (const value of obj.lives) {
            w.uint32(18)
            LifeKnowledge.codec().encode(value, w)
          }
        }

        if (obj.executed != null) {
          w.uint32(26)
          Executed.codec().encode(obj.executed, w)
        }

        if (obj.resource != null) {
          w.uint32(34)
          Resource.codec().encode(obj.resource, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          origins: [],
          lives: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins.length === opts.limits.origins) {
                throw new MaxLengthError('Decode error - repeated field "origins" had too many elements')
              }

              obj.origins.push(Origin.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.origins$
              }))
              break
            }
            case 2: {
              if (opts.limits?.lives != null && obj.lives.length === opts.limits.lives) {
                throw new MaxLengthError('Decode error - repeated field "lives" had too many elements')
              }

              obj.lives.push(LifeKnowledge.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.lives$
              }))
              break
            }
            case 3: {
              obj.executed = Executed.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.executed
              })
              break
            }
            case 4: {
              obj.resource = Resource.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.resource
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          origins: 0,
          lives: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.origins != null && obj.origins === opts.limits.origins) {
                throw new MaxLengthError('Streaming decode error - repeated field "origins" had too many elements')
              }

              for (const evt of Origin.codec().stream(reader, reader.uint32(), `${prefix}.origins[]`, {
                limits: opts.limits?.origins$
              })) {
                yield {
                  ...evt,
                  index: obj.origins
                }
              }

              obj.origins++

              break
            }
            case 2: {
              if (opts.limits?.lives != null && obj.lives === opts.limits.lives) {
                throw new MaxLengthError('Streaming decode error - repeated field "lives" had too many elements')
              }

              for (const evt of LifeKnowledge.codec().stream(reader, reader.uint32(), `${prefix}.lives[]`, {
                limits: opts.limits?.lives$
              })) {
                yield {
                  ...evt,
                  index: obj.lives
                }
              }

              obj.lives++

              break
            }
            case 3: {
              yield * Executed.codec().stream(reader, reader.uint32(), `${prefix}.executed`, {
                limits: opts.limits?.executed
              })

              break
            }
            case 4: {
              yield * Resource.codec().stream(reader, reader.uint32(), `${prefix}.resource`, {
                limits: opts.limits?.resource
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StateOriginsSiteFieldEvent {
    field: '$.origins[].site'
    value: string
    index: number
  }

  export interface StateOriginsIncarnationFieldEvent {
    field: '$.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface StateLivesLifeMsFieldEvent {
    field: '$.lives[].life.ms'
    value: bigint
    index: number
  }

  export interface StateLivesLifeCounterFieldEvent {
    field: '$.lives[].life.counter'
    value: number
    index: number
  }

  export interface StateLivesLifeOriginFieldEvent {
    field: '$.lives[].life.origin'
    value: number
    index: number
  }

  export interface StateLivesLifeNumberFieldEvent {
    field: '$.lives[].life.number'
    value: bigint
    index: number
  }

  export interface StateLivesKnowledgeOriginFieldEvent {
    field: '$.lives[].knowledge[].origin'
    value: number
    index: number
  }

  export interface StateLivesKnowledgeNumberFieldEvent {
    field: '$.lives[].knowledge[].number'
    value: bigint
    index: number
  }

  export interface StateLivesHolesAfterFieldEvent {
    field: '$.lives[].holes[].after'
    value: bigint
    index: number
  }

  export interface StateLivesHolesLastOriginFieldEvent {
    field: '$.lives[].holes[].last.origin'
    value: number
    index: number
  }

  export interface StateLivesHolesLastNumberFieldEvent {
    field: '$.lives[].holes[].last.number'
    value: bigint
    index: number
  }

  export interface StateExecutedLifeMsFieldEvent {
    field: '$.executed.life.ms'
    value: bigint
  }

  export interface StateExecutedLifeCounterFieldEvent {
    field: '$.executed.life.counter'
    value: number
  }

  export interface StateExecutedLifeOriginFieldEvent {
    field: '$.executed.life.origin'
    value: number
  }

  export interface StateExecutedLifeNumberFieldEvent {
    field: '$.executed.life.number'
    value: bigint
  }

  export interface StateExecutedOperationsIdMsFieldEvent {
    field: '$.executed.operations[].id.ms'
    value: bigint
    index: number
  }

  export interface StateExecutedOperationsIdCounterFieldEvent {
    field: '$.executed.operations[].id.counter'
    value: number
    index: number
  }

  export interface StateExecutedOperationsIdOriginFieldEvent {
    field: '$.executed.operations[].id.origin'
    value: number
    index: number
  }

  export interface StateExecutedOperationsIdNumberFieldEvent {
    field: '$.executed.operations[].id.number'
    value: bigint
    index: number
  }

  export interface StateExecutedOperationsIdempotencyPrincipalFieldEvent {
    field: '$.executed.operations[].idempotency.principal'
    value: string
    index: number
  }

  export interface StateExecutedOperationsIdempotencyKeyFieldEvent {
    field: '$.executed.operations[].idempotency.key'
    value: string
    index: number
  }

  export interface StateExecutedOperationsIdempotencyRequestFieldEvent {
    field: '$.executed.operations[].idempotency.request'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface StateExecutedContextOriginFieldEvent {
    field: '$.executed.context[].origin'
    value: number
    index: number
  }

  export interface StateExecutedContextNumberFieldEvent {
    field: '$.executed.context[].number'
    value: bigint
    index: number
  }

  export interface StateResourceHeadersNameFieldEvent {
    field: '$.resource.headers[].name'
    value: string
    index: number
  }

  export interface StateResourceHeadersValueFieldEvent {
    field: '$.resource.headers[].value'
    value: string
    index: number
  }

  export interface StateResourceBodyFieldEvent {
    field: '$.resource.body'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<State>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, State.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<State>): State {
    return decodeMessage(buf, State.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<State>): Generator<StateOriginsSiteFieldEvent | StateOriginsIncarnationFieldEvent | StateLivesLifeMsFieldEvent | StateLivesLifeCounterFieldEvent | StateLivesLifeOriginFieldEvent | StateLivesLifeNumberFieldEvent | StateLivesKnowledgeOriginFieldEvent | StateLivesKnowledgeNumberFieldEvent | StateLivesHolesAfterFieldEvent | StateLivesHolesLastOriginFieldEvent | StateLivesHolesLastNumberFieldEvent | StateExecutedLifeMsFieldEvent | StateExecutedLifeCounterFieldEvent | StateExecutedLifeOriginFieldEvent | StateExecutedLifeNumberFieldEvent | StateExecutedOperationsIdMsFieldEvent | StateExecutedOperationsIdCounterFieldEvent | StateExecutedOperationsIdOriginFieldEvent | StateExecutedOperationsIdNumberFieldEvent | StateExecutedOperationsIdempotencyPrincipalFieldEvent | StateExecutedOperationsIdempotencyKeyFieldEvent | StateExecutedOperationsIdempotencyRequestFieldEvent | StateExecutedContextOriginFieldEvent | StateExecutedContextNumberFieldEvent | StateResourceHeadersNameFieldEvent | StateResourceHeadersValueFieldEvent | StateResourceBodyFieldEvent> {
    return streamMessage(buf, State.codec(), opts)
  }
}

export interface Request {
  service: string
  kind: string
  name: string
}

export namespace Request {
  let _codec: Codec<Request>

  export const codec = (): Codec<Request> => {
    if (_codec == null) {
      _codec = message<Request>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.service != null && obj.service !== '')) {
          w.uint32(10)
          w.string(obj.service)
        }

        if ((obj.kind != null && obj.kind !== '')) {
          w.uint32(18)
          w.string(obj.kind)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(26)
          w.string(obj.name)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          service: '',
          kind: '',
          name: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.service = reader.string()
              break
            }
            case 2: {
              obj.kind = reader.string()
              break
            }
            case 3: {
              obj.name = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.service`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.kind`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface RequestServiceFieldEvent {
    field: '$.service'
    value: string
  }

  export interface RequestKindFieldEvent {
    field: '$.kind'
    value: string
  }

  export interface RequestNameFieldEvent {
    field: '$.name'
    value: string
  }

  export function encode (obj: Partial<Request>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Request.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request>): Request {
    return decodeMessage(buf, Request.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request>): Generator<RequestServiceFieldEvent | RequestKindFieldEvent | RequestNameFieldEvent> {
    return streamMessage(buf, Request.codec(), opts)
  }
}

export interface Answer {
  state?: State
}

export namespace Answer {
  let _codec: Codec<Answer>

  export const codec = (): Codec<Answer> => {
    if (_codec == null) {
      _codec = message<Answer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.state != null) {
          w.uint32(10)
          State.codec().encode(obj.state, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.state = State.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.state
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * State.codec().stream(reader, reader.uint32(), `${prefix}.state`, {
                limits: opts.limits?.state
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AnswerStateOriginsSiteFieldEvent {
    field: '$.state.origins[].site'
    value: string
    index: number
  }

  export interface AnswerStateOriginsIncarnationFieldEvent {
    field: '$.state.origins[].incarnation'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface AnswerStateLivesLifeMsFieldEvent {
    field: '$.state.lives[].life.ms'
    value: bigint
    index: number
  }

  export interface AnswerStateLivesLifeCounterFieldEvent {
    field: '$.state.lives[].life.counter'
    value: number
    index: number
  }

  export interface AnswerStateLivesLifeOriginFieldEvent {
    field: '$.state.lives[].life.origin'
    value: number
    index: number
  }

  export interface AnswerStateLivesLifeNumberFieldEvent {
    field: '$.state.lives[].life.number'
    value: bigint
    index: number
  }

  export interface AnswerStateLivesKnowledgeOriginFieldEvent {
    field: '$.state.lives[].knowledge[].origin'
    value: number
    index: number
  }

  export interface AnswerStateLivesKnowledgeNumberFieldEvent {
    field: '$.state.lives[].knowledge[].number'
    value: bigint
    index: number
  }

  export interface AnswerStateLivesHolesAfterFieldEvent {
    field: '$.state.lives[].holes[].after'
    value: bigint
    index: number
  }

  export interface AnswerStateLivesHolesLastOriginFieldEvent {
    field: '$.state.lives[].holes[].last.origin'
    value: number
    index: number
  }

  export interface AnswerStateLivesHolesLastNumberFieldEvent {
    field: '$.state.lives[].holes[].last.number'
    value: bigint
    index: number
  }

  export interface AnswerStateExecutedLifeMsFieldEvent {
    field: '$.state.executed.life.ms'
    value: bigint
  }

  export interface AnswerStateExecutedLifeCounterFieldEvent {
    field: '$.state.executed.life.counter'
    value: number
  }

  export interface AnswerStateExecutedLifeOriginFieldEvent {
    field: '$.state.executed.life.origin'
    value: number
  }

  export interface AnswerStateExecutedLifeNumberFieldEvent {
    field: '$.state.executed.life.number'
    value: bigint
  }

  export interface AnswerStateExecutedOperationsIdMsFieldEvent {
    field: '$.state.executed.operations[].id.ms'
    value: bigint
    index: number
  }

  export interface AnswerStateExecutedOperationsIdCounterFieldEvent {
    field: '$.state.executed.operations[].id.counter'
    value: number
    index: number
  }

  export interface AnswerStateExecutedOperationsIdOriginFieldEvent {
    field: '$.state.executed.operations[].id.origin'
    value: number
    index: number
  }

  export interface AnswerStateExecutedOperationsIdNumberFieldEvent {
    field: '$.state.executed.operations[].id.number'
    value: bigint
    index: number
  }

  export interface AnswerStateExecutedOperationsIdempotencyPrincipalFieldEvent {
    field: '$.state.executed.operations[].idempotency.principal'
    value: string
    index: number
  }

  export interface AnswerStateExecutedOperationsIdempotencyKeyFieldEvent {
    field: '$.state.executed.operations[].idempotency.key'
    value: string
    index: number
  }

  export interface AnswerStateExecutedOperationsIdempotencyRequestFieldEvent {
    field: '$.state.executed.operations[].idempotency.request'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface AnswerStateExecutedContextOriginFieldEvent {
    field: '$.state.executed.context[].origin'
    value: number
    index: number
  }

  export interface AnswerStateExecutedContextNumberFieldEvent {
    field: '$.state.executed.context[].number'
    value: bigint
    index: number
  }

  export interface AnswerStateResourceHeadersNameFieldEvent {
    field: '$.state.resource.headers[].name'
    value: string
    index: number
  }

  export interface AnswerStateResourceHeadersValueFieldEvent {
    field: '$.state.resource.headers[].value'
    value: string
    index: number
  }

  export interface AnswerStateResourceBodyFieldEvent {
    field: '$.state.resource.body'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Answer>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Answer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Answer>): Answer {
    return decodeMessage(buf, Answer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Answer>): Generator<AnswerStateOriginsSiteFieldEvent | AnswerStateOriginsIncarnationFieldEvent | AnswerStateLivesLifeMsFieldEvent | AnswerStateLivesLifeCounterFieldEvent | AnswerStateLivesLifeOriginFieldEvent | AnswerStateLivesLifeNumberFieldEvent | AnswerStateLivesKnowledgeOriginFieldEvent | AnswerStateLivesKnowledgeNumberFieldEvent | AnswerStateLivesHolesAfterFieldEvent | AnswerStateLivesHolesLastOriginFieldEvent | AnswerStateLivesHolesLastNumberFieldEvent | AnswerStateExecutedLifeMsFieldEvent | AnswerStateExecutedLifeCounterFieldEvent | AnswerStateExecutedLifeOriginFieldEvent | AnswerStateExecutedLifeNumberFieldEvent | AnswerStateExecutedOperationsIdMsFieldEvent | AnswerStateExecutedOperationsIdCounterFieldEvent | AnswerStateExecutedOperationsIdOriginFieldEvent | AnswerStateExecutedOperationsIdNumberFieldEvent | AnswerStateExecutedOperationsIdempotencyPrincipalFieldEvent | AnswerStateExecutedOperationsIdempotencyKeyFieldEvent | AnswerStateExecutedOperationsIdempotencyRequestFieldEvent | AnswerStateExecutedContextOriginFieldEvent | AnswerStateExecutedContextNumberFieldEvent | AnswerStateResourceHeadersNameFieldEvent | AnswerStateResourceHeadersValueFieldEvent | AnswerStateResourceBodyFieldEvent> {
    return streamMessage(buf, Answer.codec(), opts)
  }
}
