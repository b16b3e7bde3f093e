import type { Redis } from 'ioredis'
import { inputs } from '../../inputs.ts'
import { spread } from '../../measure.ts'
import { Field } from '../../server/field.ts'
import { type Row, type Section, whole } from '../../suite.ts'
import type { Rig } from './rig.ts'

const MESSAGES = 1_000

/** How many bytes of the server a session takes, beside lists of its messages. */
export async function footprint(rig: Rig): Promise<Section> {
  const rows: Row[] = []
  const notes: string[] = []
  for (const [bytes, atMost] of [[290, 1.3] as const, [2_000, 1.1] as const, [4_096, 1.1] as const]) {
    const field = await Field.create(rig.manager, { sessions: 1, length: MESSAGES, input: inputs(bytes) })
    const id = field.id(0)
    const messages = await rig.manager.getMessages(id, { last: MESSAGES })
    const [ours, objects, texts] = await sizes(rig, id, messages)
    const row = (to: string, list: number) => ({
      what: `${whole(MESSAGES)} messages of ${bytes} B`,
      to,
      ratio: spread([list / ours]),
    })
    rows.push({ ...row('list of the messages as JSON', objects), goal: { of: 'ratio', atLeast: 1 / atMost } })
    rows.push(row('list of their texts alone', texts))
    notes.push(
      `${bytes} B: session ${whole(ours)} B, list of messages ${whole(objects)} B (${(ours / objects).toFixed(2)} times), list of texts ${whole(texts)} B (${(ours / texts).toFixed(2)} times).`,
    )
  }
  return { title: 'Memory of a session (1.00: as small)', rows, notes }
}

/** Of a session, of a bare list of its messages, and of a bare list of their texts. */
async function sizes(
  rig: Rig,
  id: string,
  messages: readonly { readonly content: unknown }[],
): Promise<readonly [number, number, number]> {
  const [node] = rig.nodes as readonly [Redis]
  const { all } = rig.recorder.keysOf(id)
  let ours = 0
  for (const key of all) ours += await usage(node, key)
  const list = async (elements: readonly string[]) => {
    const key = rig.key('list')
    await node.unlink(key)
    await node.rpush(key, ...elements)
    return usage(node, key)
  }
  return [
    ours,
    await list(messages.map((message) => JSON.stringify(message))),
    await list(messages.map(({ content }) => content as string)),
  ]
}

async function usage(node: Redis, key: string): Promise<number> {
  return Number(await node.memory('USAGE', key, 'SAMPLES', 0))
}
