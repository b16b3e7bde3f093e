import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'

/** `release` is the machine's own; `rolling` the newest of its distribution. */
export type Suite = 'release' | 'rolling'

const distributions: Record<string, { rolling: string; components: string }> = {
  debian: { rolling: 'sid', components: 'main' },
  ubuntu: { rolling: 'devel', components: 'main universe' },
}

/** An apt that knows one suite and nothing of the machine: own lists, nothing installed, no root. */
export class Apt {
  readonly #config: string

  private constructor(config: string) {
    this.#config = config
  }

  /** With its files in a folder that the caller removes. */
  static async open(folder: string, suite: Suite): Promise<Apt> {
    const config = join(folder, 'apt.conf')
    await mkdir(join(folder, 'lists/partial'), { recursive: true })
    await mkdir(join(folder, 'cache/archives/partial'), { recursive: true })
    await writeFile(join(folder, 'status'), '')
    await writeFile(join(folder, 'sources.list'), await sources(suite))
    await writeFile(config, configuration(folder))
    const apt = new Apt(config)
    await run('apt-get', ['-c', config, 'update'])
    return apt
  }

  /** The packages and all libraries that they need, by name. */
  async withLibraries(packages: string[]): Promise<string[]> {
    const only = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances']
    const options = ['--recurse', ...only.map((kind) => `--no-${kind}`)]
    const graph = parseDepends(
      await run('apt-cache', ['-c', this.#config, 'depends', ...options, ...packages]),
    )
    const found = new Set(packages)
    for (const name of found)
      for (const needed of graph.get(name) ?? []) if (/^(lib|zlib|lua-)/.test(needed)) found.add(needed)
    return [...found]
  }

  /** Downloads packages into the folder. */
  async download(packages: string[], folder: string): Promise<void> {
    await run('apt-get', ['-c', this.#config, 'download', ...packages], folder)
  }
}

/** The machine's own mirrors, as lines of a sources list. */
async function sources(suite: Suite): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8')
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(release)?.[1] ?? ''
  const [id, codename] = [field('ID'), field('VERSION_CODENAME')]
  const distribution = distributions[id]
  if (!distribution) throw new Error(`no packages known for ${id || 'this system'}`)
  const uris = await run('apt-get', ['update', '--print-uris'])
  const own = [...uris.matchAll(/^'(\S+?)\/dists\/(\S+?)\/(?:In)?Release'/gm)]
    .map(([, mirror = '', name = '']) => ({ mirror, name }))
    .filter(({ name }) => name === codename || name.startsWith(`${codename}-`))
  if (!own.length) throw new Error(`no apt source for ${codename}`)
  const rolling = own
    .filter(({ name }) => name === codename)
    .map(({ mirror }) => ({ mirror, name: distribution.rolling }))
  const signed = `[signed-by=/usr/share/keyrings/${id}-archive-keyring.gpg]`
  return (suite === 'release' ? own : rolling)
    .map(({ mirror, name }) => `deb ${signed} ${mirror} ${name} ${distribution.components}\n`)
    .join('')
}

/** The hooks of the machine's own configuration are for its own lists, and some need root. */
const configuration = (folder: string) => `#clear APT::Update;
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Dir::State::Lists "${folder}/lists";
Dir::State::status "${folder}/status";
Dir::Cache "${folder}/cache";
Dir::Etc::SourceList "${folder}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
`

/** What `apt-cache depends` prints; of alternatives (marked `|`) only the first. */
function parseDepends(text: string): Map<string, string[]> {
  const graph = new Map<string, string[]>()
  let needs: string[] = []
  let alternative = false
  for (const line of text.split('\n')) {
    const [, bar, name] = /^ ([ |])(?:Pre)?Depends: (\S+)/.exec(line) ?? []
    if (name) {
      if (!alternative) needs.push(name)
      alternative = bar === '|'
    } else if (/^\S/.test(line)) {
      needs = []
      graph.set(line, needs)
    }
  }
  return graph
}
