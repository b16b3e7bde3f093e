import { newMessageId } from '@sess/core'
import { createMysqlStore } from '../../src/index.ts'

// A process of its own that writes whole turns to a session: as many as it is told, or until it is killed.
// Its arguments are the server's URL, the session and how many turns of how many messages. Says `ready` first.
const [url = '', session = '', turns = '', size = '1'] = process.argv.slice(2)
const store = createMysqlStore({ url })
await store.load(session)
console.log('ready')
await new Promise((resolve) => process.stdin.once('data', resolve))
const acknowledged: [id: string, seq: number][] = []
for (let turn = 0; turn < Number(turns); turn++) {
  const append = Array.from({ length: Number(size) }, () => {
    const id = newMessageId()
    return { id, role: 'user', content: `text of ${id}`, metadata: {} }
  })
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
