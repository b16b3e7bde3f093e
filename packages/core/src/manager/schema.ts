import { SessError } from '../contract/error.ts'
import type { Json, JsonObject, Metadata } from '../contract/model.ts'

/** A validator as the Standard Schema specification (version 1) defines it: Zod, Valibot, ArkType and others are such. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}
type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
      }[]
    }

// biome-ignore lint/suspicious/noExplicitAny: stands for a schema of any types, never for a value.
type AnySchema<Output = any> = StandardSchema<any, Output>

/**
 * What an application keeps in its sessions: for each part a type (`SessionManager<{ content: Part[] }>`) or, inferred
 * from the option `schemas`, a schema. A part left out is plain JSON.
 */
export interface Parts {
  /** A message's content. */
  readonly content?: unknown
  /** A message's metadata. */
  readonly messageMetadata?: unknown
  /** The context: an object of a type or schema for each key. Keys not named are refused by the compiler. */
  readonly context?: object
  /** The session's metadata: strings. */
  readonly metadata?: unknown
}

/** The option `schemas`: applied on writes, where a schema's output is what is stored; reads never fail on it. */
export interface Schemas {
  readonly content?: AnySchema
  readonly messageMetadata?: AnySchema
  readonly context?: { readonly [key: string]: AnySchema }
  /** Applied at creation. A patch is merged by the store, so that nobody sees it whole before it is written. */
  readonly metadata?: AnySchema<{ readonly [key: string]: string | undefined }>
}

type InputOf<T> = T extends StandardSchema<infer I, infer _O> ? I : T
type OutputOf<T> = T extends StandardSchema<infer _I, infer O> ? O : T
type PartOf<P extends Parts, K extends keyof Parts, Default> = P extends { readonly [Key in K]: infer T }
  ? T
  : Default

export type ContentIn<P extends Parts> = InputOf<PartOf<P, 'content', Json>>
export type ContentOut<P extends Parts> = OutputOf<PartOf<P, 'content', Json>>
export type MessageMetadataIn<P extends Parts> = InputOf<PartOf<P, 'messageMetadata', JsonObject>>
export type MessageMetadataOut<P extends Parts> = OutputOf<PartOf<P, 'messageMetadata', JsonObject>>
export type MetadataIn<P extends Parts> = InputOf<PartOf<P, 'metadata', Metadata>>
export type MetadataOut<P extends Parts> = OutputOf<PartOf<P, 'metadata', Metadata>>
type ContextOf<P extends Parts> = PartOf<P, 'context', JsonObject>
export type ContextKey<P extends Parts> = keyof ContextOf<P> & string
export type ContextIn<P extends Parts> = { readonly [K in ContextKey<P>]: InputOf<ContextOf<P>[K]> }
export type ContextOut<P extends Parts> = { readonly [K in ContextKey<P>]: OutputOf<ContextOf<P>[K]> }

/**
 * Applies a schema, if there is one.
 * @throws `INVALID_ARGUMENT` with the paths of what was refused, never its content; the schema's own words are `issues`
 */
export async function applySchema(
  operation: string,
  what: string,
  schema: AnySchema | undefined,
  value: unknown,
): Promise<unknown> {
  if (schema === undefined) return value
  const result = await validate(operation, what, schema, value)
  if (!result.issues) return result.value
  const paths = result.issues.map(({ path = [] }) =>
    [what, ...path.map((step) => String(typeof step === 'object' ? step.key : step))].join('.'),
  )
  const refused = `${operation}: refused by its schema: ${paths.slice(0, 10).join(', ')}`
  throw new SessError('INVALID_ARGUMENT', refused, { issues: result.issues })
}

async function validate(
  operation: string,
  what: string,
  schema: AnySchema,
  value: unknown,
): Promise<SchemaResult<unknown>> {
  try {
    return await schema['~standard'].validate(value)
  } catch (cause) {
    throw new SessError('INVALID_ARGUMENT', `${operation}: the schema of ${what} failed`, { cause })
  }
}
