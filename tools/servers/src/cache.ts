import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

function cacheFolder(): string {
  const { SESS_SERVERS_CACHE, XDG_CACHE_HOME } = process.env
  return SESS_SERVERS_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'sess-servers')
}

/** The cached folder of that name; where it is missing, one process fills it and the others wait. */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const cache = cacheFolder()
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  const unlock = await lock(join(cache, `${name}.lock`))
  try {
    if (!existsSync(folder)) await fillWhole(cache, folder, fill)
    return folder
  } finally {
    unlock()
  }
}

/** A folder bears its final name only when it is complete. */
async function fillWhole(cache: string, folder: string, fill: (folder: string) => Promise<void>) {
  const draft = await mkdtemp(join(cache, 'draft-'))
  try {
    await fill(draft)
    await rename(draft, folder)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** A lock between processes that goes with its holder, however that ends. */
async function lock(file: string): Promise<() => void> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo locked; cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const failed = once(holder, 'exit').then(() => {
    throw new Error(`no lock on ${file}`)
  })
  await Promise.race([once(holder.stdout, 'data'), failed])
  return () => holder.stdin.end()
}
