import { describe, expect, it } from 'vitest'
import { parseArgs } from '../src/args.ts'

describe('arguments', () => {
  it('start the chat on the first store when there are none', () => {
    expect(parseArgs([])).toEqual({ run: 'chat', store: 'memory' })
    expect(parseArgs(['--', '--store', 'memory-lfu'])).toEqual({ run: 'chat', store: 'memory-lfu' })
  })

  it('start the tour, on a file where one is given', () => {
    expect(parseArgs(['--', '--tour'])).toEqual({ run: 'tour' })
    expect(parseArgs(['--tour', '--transcripts', 'a.jsonl'])).toEqual({ run: 'tour', transcripts: 'a.jsonl' })
  })

  it('add a Redis server to the tour, by its address or found', () => {
    const url = 'redis://localhost:1'
    expect(parseArgs(['--tour', '--redis', url])).toEqual({ run: 'tour', redis: url })
    expect(parseArgs(['--redis', '--tour'])).toEqual({ run: 'tour', redis: true })
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
    [['--store', 'redis5'], "there is no store 'redis5'"],
    [['--tour', '--store', 'memory'], '--store is for the chat: the tour goes through every store'],
  ])('are refused with a reason: %j', (argv, why) => {
    expect(parseArgs(argv)).toEqual({ run: 'wrong', why })
  })
})
