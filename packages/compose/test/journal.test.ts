import { appendFile, mkdir, readFile, rmdir, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SessionStore } from '@sess/core'
import { passthrough } from '@sess/core/store'
import { createMemoryStore } from '@sess/store-memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Ledger } from '../src/failover/ledger.ts'
import { fileJournal, type Journal, type JournalRecord, storeJournal } from '../src/index.ts'
import { newFile } from './files.ts'

const record = (n: number): JournalRecord => ({
  kind: 'commit',
  sessionId: `s${n % 3}`,
  base: { version: n, createdAt: 1 },
  change: { append: [{ id: `m${n}`, role: 'user', content: `\n\u2028\ud800 ${n}`, metadata: {}, seq: n }] },
  stamp: { version: n + 1, lastSeq: n, updatedAt: 1, expiresAt: null },
  messageCount: n,
})
const records = (count: number, from = 1) => Array.from({ length: count }, (_, i) => record(i + from))

/** What a journal of that name holds, read by another one. */
async function readBy(journal: Journal): Promise<readonly JournalRecord[]> {
  const found = await journal.read()
  await journal.close()
  return found
}

describe('fileJournal', () => {
  test('what was appended is there, in order, also when many wait at once', async () => {
    const path = newFile()
    const journal = fileJournal(path)
    expect(await journal.read()).toEqual([])
    await Promise.all(records(50).map((one) => journal.append(one)))
    await journal.append(record(51))
    await journal.close()
    expect(await readBy(fileJournal(path))).toEqual(records(51))
  })

  test('a torn last line is dropped wherever it tore, and what comes after it is kept', async () => {
    const path = newFile()
    const journal = fileJournal(path)
    await journal.read()
    for (const one of records(2)) await journal.append(one)
    await journal.close()
    const whole = await readFile(path)
    const first = whole.indexOf('\n') + 1
    for (let length = first; length < whole.length; length += 7) {
      await writeFile(path, whole)
      await truncate(path, length)
      const again = fileJournal(path)
      expect(await again.read()).toEqual(records(1))
      await again.append(record(9))
      await again.close()
      expect(await readBy(fileJournal(path))).toEqual([record(1), record(9)])
    }
    await writeFile(path, whole)
    await appendFile(path, '0123456789abcdef {"torn": ')
    expect(await readBy(fileJournal(path))).toEqual(records(2))
  })

  test('what could not be opened can be, once what was wrong is mended', async () => {
    const path = join(newFile(), 'folder', 'journal')
    const journal = fileJournal(path)
    await expect(journal.read()).rejects.toThrow('ENOENT')
    await mkdir(dirname(path), { recursive: true })
    await mkdir(path)
    await expect(journal.read()).rejects.toThrow('EISDIR')
    await rmdir(path)
    expect(await readBy(journal)).toEqual([])
  })

  test('damage before the end is CORRUPT_DATA, and nothing is dropped', async () => {
    const path = newFile()
    const journal = fileJournal(path)
    await journal.read()
    for (const one of records(3)) await journal.append(one)
    await journal.close()
    const bytes = await readFile(path)
    bytes[40] = (bytes[40] ?? 0) ^ 1
    await writeFile(path, bytes)
    const damaged = fileJournal(path)
    onTestFinished(() => damaged.close())
    await expect(damaged.read()).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
    expect(await readFile(path)).toEqual(bytes)
  })

  test('a rewrite replaces all, and appends go on after it', async () => {
    const path = newFile()
    const journal = fileJournal(path)
    await journal.read()
    for (const one of records(3)) await journal.append(one)
    await Promise.all([journal.rewrite([record(2)]), journal.append(record(7))])
    await journal.close()
    expect(await readBy(fileJournal(path))).toEqual([record(2), record(7)])
  })

  test('one process and one failover have it for themselves; a lock that a dead one left does not matter', async () => {
    const path = newFile()
    const journal = fileJournal(path)
    await journal.read()
    await expect(fileJournal(path).read()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await journal.close()
    await writeFile(`${path}.lock`, '1')
    await expect(fileJournal(path).read()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await writeFile(`${path}.lock`, String(2 ** 22 + 1))
    expect(await readBy(fileJournal(path))).toEqual([])
  })
})

test('storeJournal holds the same in a session of a store', async () => {
  const open = reopenedStore()
  const journal = open()
  expect(await journal.read()).toEqual([])
  for (const one of records(1200)) await journal.append(one)
  expect(await readBy(open())).toEqual(records(1200))
  await journal.rewrite(records(2))
  await journal.append(record(9))
  expect(await readBy(open())).toEqual([...records(2), record(9)])
})

describe.each([
  ['fileJournal', reopenedFile],
  ['storeJournal', reopenedStore],
] as const)('a ledger on a %s', (_, newJournal) => {
  test('forgets what went back to the primary, and never what is noted at that moment', async () => {
    const open = newJournal()
    const ledger = new Ledger(open())
    await ledger.open()
    const [returned, first, second, third] = ['a', 'b', 'c', 'd'].map((sessionId) => ({
      ...record(1),
      sessionId,
    }))
    if (!returned || !first || !second || !third) expect.fail('no records')
    await ledger.note(returned)
    const goesBack = ledger.note({ kind: 'returned', sessionId: 'a' })
    // Before it, with it, and while the journal is tidied up.
    await Promise.all([
      ledger.note(first),
      goesBack,
      ledger.note(second),
      goesBack.then(() => ledger.note(third)),
    ])
    await ledger.close()
    const noted = await readBy(open())
    expect(noted.filter(({ kind }) => kind === 'commit').map(({ sessionId }) => sessionId)).toEqual(
      expect.arrayContaining(['b', 'c', 'd']),
    )

    const again = new Ledger(open())
    await again.open()
    expect(again.waiting).toEqual(['b', 'c', 'd'])
    await Promise.all(again.waiting.map((sessionId) => again.note({ kind: 'returned', sessionId })))
    await again.close()
    expect(await readBy(open())).toEqual([])
  })
})

/** What opens one journal, again and again. */
function reopenedFile() {
  const path = newFile()
  return () => fileJournal(path)
}

function reopenedStore() {
  const store = createMemoryStore()
  return () => storeJournal(keptOpen(store), 'journal')
}

/** It outlives what closes it. */
function keptOpen(store: SessionStore): SessionStore {
  return {
    ...passthrough(store, 'kept'),
    create: store.create.bind(store),
    load: store.load.bind(store),
    commit: store.commit.bind(store),
    close: async () => {},
  }
}
