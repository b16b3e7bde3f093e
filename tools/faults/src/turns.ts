import { newMessageId, type SessionStore } from '@sess/core'
import { message } from './writing.ts'

/**
 * What a process does that writes whole turns to a session: as many as it is told, or until it is killed. Says `ready`,
 * waits for a line, says the last seq after each turn of several messages, and at last each id with its seq.
 *
 * @param args the session, how many turns, of how many messages
 */
export async function writeTurns(store: SessionStore, args: readonly string[]): Promise<void> {
  const [session = '', turns = '', size = '1'] = args
  await store.load(session)
  console.log('ready')
  await new Promise((resolve) => process.stdin.once('data', resolve))
  const acknowledged: [id: string, seq: number][] = []
  for (let turn = 0; turn < Number(turns); turn++) {
    const append = Array.from({ length: Number(size) }, () => message(newMessageId()))
    const { messages, lastSeq } = await store.commit(session, {
      append,
      // The only writer of a session with turns: how many there are follows from the seqs.
      ...(append.length > 1 && { set: [['turns', turn + 1]] }),
    })
    for (const { id, seq } of messages) acknowledged.push([id, seq])
    if (append.length > 1) console.log(lastSeq)
  }
  console.log(JSON.stringify(acknowledged))
  await store.close()
  process.stdin.destroy()
}
