import { ring, text } from '../../inputs.ts'

/** A message as all of them take one, each in its own form. */
export interface Said {
  readonly role: 'user' | 'assistant'
  readonly text: string
}

/** Conversations as one package keeps them, through its public API and as its own documentation uses it. */
export interface Peer {
  /** With its version. */
  readonly name: string
  /** What an append writes, by its source. */
  readonly appends: 'the message' | 'the history'
  /** A session with a history; answers what the other calls know it by. */
  create(user: string, messages: readonly Said[]): Promise<string>
  append(id: string, message: Said): Promise<unknown>
  /** What a turn needs: the session, its context and the newest 50 messages, or the least that the package has to read for them. */
  load(id: string): Promise<unknown>
  /** A whole turn in as few calls as the package allows: load, four messages, a context value. */
  turn(id: string, messages: readonly Said[], value: unknown): Promise<unknown>
  /** The newest 20 sessions of a user, where there is such a thing. */
  list?(user: string): Promise<{ readonly length: number }>
  count(id: string): Promise<number>
  close?(): Promise<unknown>
}

export const PAGE = 50
export const LIST = 20

/** The message of a call, made beforehand. */
export const said = ring((seed): Said => ({ role: seed % 2 === 0 ? 'user' : 'assistant', text: text(seed) }))
