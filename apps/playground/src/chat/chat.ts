import type { UserSessions } from '@sess/core'
import { explain } from '../words.ts'
import type { Agent } from './agent.ts'
import { open, openNewest, runCommand } from './commands.ts'
import { type Desk, sayMessage } from './desk.ts'
import { type Live, takeTurn } from './turn.ts'

export interface ChatOptions {
  readonly sessions: UserSessions
  readonly agent: Agent
  readonly say: Desk['say']
  /** Is shown turns as they go; without it they are said once they are saved. */
  readonly live?: Live
  /** The session to be in; without it the newest one, or a new one. */
  readonly sessionId?: string
}

/** A person's conversation with an agent, line by line. */
export class Chat {
  readonly #desk: Desk
  readonly #agent: Agent
  readonly #live: Live | undefined

  constructor({ sessions, agent, say, live, sessionId = '' }: ChatOptions) {
    this.#desk = { sessions, say, current: sessionId, listed: [], isLeaving: false }
    this.#agent = agent
    this.#live = live
  }

  /** The session in which the person is. */
  get sessionId(): string {
    return this.#desk.current
  }

  async start(): Promise<void> {
    if (this.#desk.current === '') await openNewest(this.#desk)
    else await open(this.#desk, this.#desk.current)
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
        this.#live,
      )
      if (conflicts > 0) this.#desk.say('  (others wrote here meanwhile, so the agent read again)', 'dim')
      if (this.#live === undefined) for (const message of messages.slice(1)) sayMessage(this.#desk, message)
    } catch (error) {
      this.#desk.say(explain(error))
    }
    return true
  }
}
