import { isSessError, type Message } from '@sess/core'
import { must, mustBeMessages } from '../agree.ts'
import type { Calls } from '../calls.ts'
import type { Stage } from '../stage.ts'
import type { Sent } from '../transcripts.ts'

const RACERS = 8
const TURNS = 12

/** Two agents work on one session, then many writers race for one place, then many write without a condition. */
export async function checkRace({ as, conversations }: Stage): Promise<void> {
  const calls = as('race')
  const { id } = await calls.createSession({ maxMessages: null })
  const scripts = [0, 1].map((writer) => scriptOf(conversations.at(writer)?.turns ?? [], `w${writer}`))
  await Promise.all(scripts.map((turns) => write(calls, id, turns)))
  mustKeepTurns('two writers', await calls.getMessages(id, { last: 1000 }), scripts)

  const { lastSeq } = await calls.getSession(id)
  const racers = Array.from({ length: RACERS }, (_, i) => batchOf(`racer${i}`))
  const ends = await Promise.allSettled(
    racers.map((batch) => calls.addMessages(id, batch, { ifLastSeq: lastSeq })),
  )
  const won = ends.filter(({ status }) => status === 'fulfilled').length
  must(won === 1, `${won} of ${RACERS} racers won`)
  for (const end of ends)
    must(
      end.status === 'fulfilled' || isSessError(end.reason, 'CONFLICT'),
      'a racer lost otherwise than by CONFLICT',
    )

  const crowd = Array.from({ length: RACERS }, (_, i) => [batchOf(`crowd${i}`)])
  const after = (await calls.getSession(id)).lastSeq
  await Promise.all(crowd.flat().map((batch) => calls.addMessages(id, batch)))
  mustKeepTurns('a crowd', await calls.getMessages(id, { afterSeq: after, limit: 1000 }), crowd)
}

/** Each turn holds only if nobody wrote since it was begun; else it is begun again. */
async function write(calls: Calls, id: string, turns: readonly (readonly Sent[])[]): Promise<void> {
  for (const turn of turns)
    for (let rounds = 0; ; rounds++) {
      const { lastSeq } = await calls.getSession(id)
      try {
        await calls.commit(id, { append: turn, set: [['turns', rounds]] }, { if: { lastSeq } })
        break
      } catch (error) {
        if (!isSessError(error, 'CONFLICT')) throw error
        must(rounds < 100, 'a writer met a conflict a hundred times')
      }
    }
}

/** All turns are there, each in one piece, each writer's in order, in seqs without a gap. */
function mustKeepTurns(
  what: string,
  messages: readonly Message[],
  writers: readonly (readonly (readonly Sent[])[])[],
): void {
  const left = writers.map((turns) => [...turns])
  for (let at = 0; at < messages.length; ) {
    const turns = left.find(([turn]) => turn?.[0]?.id === messages[at]?.id)
    const turn = turns?.shift()
    must(turn !== undefined, `${what}: message ${at + 1} is not the beginning of anybody's next turn`)
    mustBeMessages(`${what}, from message ${at + 1}`, messages.slice(at, at + turn.length), turn)
    at += turn.length
  }
  must(left.flat().length === 0, `${what}: ${left.flat().length} turns are missing`)
  for (const [i, { seq }] of messages.entries())
    must(seq === (messages[0]?.seq ?? 0) + i, `${what}: a gap before seq ${seq}`)
}

function scriptOf(turns: readonly (readonly Sent[])[], writer: string): readonly (readonly Sent[])[] {
  return turns.slice(0, TURNS).map((turn) => turn.map((sent) => ({ ...sent, id: `${writer}-${sent.id}` })))
}

function batchOf(name: string): readonly Sent[] {
  return [1, 2, 3].map((n) => ({ id: `${name}-${n}`, role: 'user', content: `${name}, ${n}`, metadata: {} }))
}
