import type { UserSessions } from '@sess/core'
import { explain } from '../words.ts'
import type { Agent } from './agent.ts'
import { openNewest, runCommand } from './commands.ts'
import { type Desk, sayMessage } from './desk.ts'
import { takeTurn } from './turn.ts'

export interface ChatOptions {
  readonly sessions: UserSessions
  readonly agent: Agent
  readonly say: Desk['say']
  /** The session to be in; without it the newest one, or a new one. */
  readonly sessionId?: string
}

/** A person's conversation with an agent, line by line. */
export class Chat {
  readonly #desk: Desk
  readonly #agent: Agent

  constructor({ sessions, agent, say, sessionId = '' }: ChatOptions) {
    this.#desk = { sessions, say, current: sessionId, listed: [], isLeaving: false }
    this.#agent = agent
  }

  async start(): Promise<void> {
    if (this.#desk.current === '') await openNewest(this.#desk)
  }

  /** Does what a line says; answers `false` when it says to leave. What fails is told in a sentence. */
  async take(line: string): Promise<boolean> {
    const text = line.trim()
    if (text === '') return true
    if (text.startsWith('/')) {
      await runCommand(this.#desk, text)
      return !this.#desk.isLeaving
    }
    try {
      const { messages, conflicts } = await takeTurn(
        this.#desk.sessions,
        this.#desk.current,
        text,
        this.#agent,
      )
      if (conflicts > 0) this.#desk.say('  (others wrote here meanwhile, so the agent read again)', 'dim')
      for (const message of messages.slice(1)) sayMessage(this.#desk, message)
    } catch (error) {
      this.#desk.say(explain(error))
    }
    return true
  }
}
