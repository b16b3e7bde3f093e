import { describe, expect, it } from 'vitest'
import { parseArgs } from '../src/args.ts'

describe('arguments', () => {
  it('start the chat on the first store when there are none', () => {
    expect(parseArgs([])).toEqual({ run: 'chat', store: 'memory' })
    expect(parseArgs(['--', '--store', 'memory-lfu'])).toEqual({ run: 'chat', store: 'memory-lfu' })
  })

  it('start the tour, on a file where one is given', () => {
    expect(parseArgs(['--', '--tour'])).toEqual({ run: 'tour', servers: {} })
    expect(parseArgs(['--tour', '--transcripts', 'a.jsonl'])).toEqual({
      ...{ run: 'tour', transcripts: 'a.jsonl', servers: {} },
    })
  })

  it.each(['redis', 'mysql'])('add a server to the tour, by its address or found: %s', (name) => {
    const url = `${name}://localhost:1`
    expect(parseArgs(['--tour', `--${name}`, url])).toEqual({ run: 'tour', servers: { [name]: url } })
    expect(parseArgs([`--${name}`, '--tour'])).toEqual({ run: 'tour', servers: { [name]: true } })
  })

  it('add several servers to the tour', () => {
    const servers = { redis: true, mysql: 'mysql://localhost:1' }
    expect(parseArgs(['--tour', '--redis', '--mysql', servers.mysql])).toEqual({ run: 'tour', servers })
  })

  it('name a configuration, and a session to go on with', () => {
    const config = 'config/redis.yaml'
    expect(parseArgs(['--config', config])).toEqual({ run: 'chat', config })
    expect(parseArgs(['--session', 's', '--config', config])).toEqual({ run: 'chat', config, session: 's' })
    expect(parseArgs(['--session', 's'])).toEqual({ run: 'chat', store: 'memory', session: 's' })
    expect(parseArgs(['--tour', '--config', config])).toEqual({ run: 'tour', servers: {}, config })
  })

  it('ask for help', () => {
    expect(parseArgs(['--tour', '--help'])).toEqual({ run: 'help' })
  })

  it.each([
    [['--foo'], "there is no argument '--foo'"],
    [['tour'], "there is no argument 'tour'"],
    [['--tour', '--transcripts'], '--transcripts needs a value'],
    [['--transcripts', '--tour'], '--transcripts needs a value'],
    [['--transcripts', 'a.jsonl'], '--transcripts goes with --tour'],
    [['--redis'], '--redis goes with --tour'],
    [['--mysql', 'mysql://localhost:1'], '--mysql goes with --tour'],
    [['--config', 'a.yaml', '--store', 'memory'], '--config names the store itself'],
    [['--tour', '--session', 's'], '--session is for the chat'],
    [['--tour', 'redis'], "there is no argument 'redis'"],
    [['--constructor'], "there is no argument '--constructor'"],
    [['--store', 'redis5'], "there is no store 'redis5'"],
    [['--tour', '--store', 'memory'], '--store is for the chat: the tour goes through every store'],
  ])('are refused with a reason: %j', (argv, why) => {
    expect(parseArgs(argv)).toEqual({ run: 'wrong', why })
  })
})
