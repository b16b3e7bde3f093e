import { orSkip, startRedis } from '@sess/servers'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { withLeanCommands } from '../src/lean-command.ts'

const server = await orSkip(() => startRedis())
afterAll(() => server?.stop())

describe.skipIf(server === undefined)('writes to the socket', () => {
  test('take eight commands of a tick at once and those that are left when it ends; the first by itself where it was alone before', async ({
    onTestFinished,
  }) => {
    const redis = new Redis(server?.url ?? '')
    onTestFinished(() => redis.disconnect())
    const client = withLeanCommands(redis)
    await redis.rpush('list', ...Array.from({ length: 20 }, (_, i) => String(i)))
    const writes: number[] = []
    const { stream } = redis as unknown as { stream: Stream }
    const [write, writev] = [stream._write, stream._writev]
    stream._write = function (...args) {
      writes.push(1)
      write.apply(this, args)
    }
    stream._writev = function (...args) {
      writes.push(args[0].length)
      writev.apply(this, args)
    }
    const read = (count: number) =>
      Promise.all(Array.from({ length: count }, (_, i) => client.lrange('list', i, i)))

    expect((await read(20)).flat()).toEqual(Array.from({ length: 20 }, (_, i) => String(i)))
    expect(writes.splice(0)).toEqual([1, 8, 8, 3])
    await read(16)
    expect(writes.splice(0)).toEqual([8, 8])
    const afterMany = read(1)
    expect(writes).toEqual([])
    await afterMany
    expect(writes.splice(0)).toEqual([1])
    const afterOne = read(1)
    expect(writes).toEqual([1])
    await afterOne
    expect(writes).toEqual([1])
  })
})

interface Stream {
  _write: (chunk: unknown, encoding: unknown, done: unknown) => void
  _writev: (chunks: readonly unknown[], done: unknown) => void
}
