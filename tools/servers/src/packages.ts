import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Apt, type Suite } from './apt.ts'
import { cached } from './cache.ts'
import { onPath } from './path.ts'
import type { Program } from './program.ts'
import { run } from './run.ts'

/** A program of a Debian or Ubuntu package, unpacked into the cache; nothing is installed. */
export async function fromPackages(packages: string[], suite: Suite, file: string): Promise<Program> {
  for (const needed of ['apt-get', 'dpkg', 'flock']) onPath(needed)
  const root = await cached(`${packages[0]}-${suite}-${process.arch}`, (folder) =>
    unpack(packages, suite, folder),
  )
  const { loader, libraries } = await findLoader(root)
  return {
    source: 'packages',
    command: [loader, '--library-path', libraries.join(':'), join(root, file)],
  }
}

async function unpack(packages: string[], suite: Suite, root: string): Promise<void> {
  const work = join(root, 'work')
  await mkdir(join(work, 'debs'), { recursive: true })
  const apt = await Apt.open(work, suite)
  await apt.download(await apt.withLibraries(packages), join(work, 'debs'))
  for (const deb of await readdir(join(work, 'debs')))
    await run('dpkg', ['-x', join(work, 'debs', deb), root])
  await rm(work, { recursive: true })
}

/** The C library of the packages may be newer than the machine's: its own loader fits it. */
async function findLoader(root: string) {
  const libraries: string[] = []
  for (const parent of [join(root, 'lib'), join(root, 'usr/lib')].filter((folder) => existsSync(folder)))
    for (const name of await readdir(parent))
      if (name.includes('-linux-gnu')) libraries.push(join(parent, name))
  for (const folder of libraries)
    for (const name of await readdir(folder))
      if (/^ld-linux.*\.so\.\d+$/.test(name)) return { loader: join(folder, name), libraries }
  throw new Error(`no loader in ${root}`)
}
