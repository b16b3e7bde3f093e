import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '@sess/core'

/** The content of messages, as a session holds them. */
export interface Sample {
  readonly name: string
  readonly contents: readonly Json[]
}

/** The current folder is this package, whether it runs built or not. */
const ROOT = join(process.cwd(), '../..')

/** The playground's conversations, this repository's own files as a tool reads them, and the file that `BENCH_TRANSCRIPTS` names: one conversation a line, `{ "messages": [{ "role", "content", … }] }`. */
export async function samples(): Promise<readonly Sample[]> {
  const folder = join(ROOT, 'apps/playground/samples')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort()
  const conversations = await Promise.all(names.map((name) => contentsOf(join(folder, name))))
  const own = process.env.BENCH_TRANSCRIPTS
  return [
    { name: 'conversations of the playground', contents: conversations.flat() },
    { name: 'files of this repository, as results of a tool', contents: await files() },
    ...(own ? [{ name: own.split('/').at(-1) ?? own, contents: await contentsOf(own) }] : []),
  ]
}

async function contentsOf(path: string): Promise<Json[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '')
  return lines.flatMap((line) => {
    const { messages } = JSON.parse(line) as { messages: readonly { [key: string]: Json }[] }
    return messages.map(({ role: _, ...rest }) =>
      Object.keys(rest).length === 1 ? (rest.content ?? null) : rest,
    )
  })
}

async function files(): Promise<Json[]> {
  const paths = ['README.md', 'docs/write-a-store.md', 'packages/core/package.json']
  for (const folder of ['contract', 'manager', 'rules', 'values']) {
    const names = await readdir(join(ROOT, 'packages/core/src', folder))
    paths.push(
      ...names.filter((name) => name.endsWith('.ts')).map((name) => `packages/core/src/${folder}/${name}`),
    )
  }
  return Promise.all(
    paths.map(async (path, i) => ({
      tool_call_id: `call_${i}`,
      name: 'read_file',
      content: await readFile(join(ROOT, path), 'utf8'),
    })),
  )
}
