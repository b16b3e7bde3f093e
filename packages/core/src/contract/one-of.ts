type KeysOf<Forms> = Forms extends unknown ? keyof Forms : never

/** Exactly one of several forms: a key of another one beside it does not compile. */
export type OneOf<Forms, Keys extends PropertyKey = KeysOf<Forms>> = Forms extends unknown
  ? Forms & { readonly [K in Exclude<Keys, keyof Forms>]?: never }
  : never
