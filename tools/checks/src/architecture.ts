import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importsOf, isTest, packageName } from './imports.ts'
import { files, packagesOf, projects, type Report } from './workspace.ts'

const PAGE = 'docs/architecture.md'

/** The page's diagram shows what packages import, and nothing else; its text names each room. */
export function checkArchitecture(root: string): Report {
  if (!existsSync(join(root, PAGE))) return { looked: 'nothing', faults: [`${PAGE} is missing: write it`] }
  const text = readFileSync(join(root, PAGE), 'utf8')
  const { drawn, faults } = arrowsOf(text)
  const real = importsOfPackages(root)
  const rooms = projects(root).map(({ path }) => path)
  return {
    looked: `${real.size} arrows, ${rooms.length} rooms`,
    faults: [
      ...faults,
      ...missing(real, drawn).map((arrow) => `${PAGE}: nothing shows ${arrow}, which is imported: draw it`),
      ...missing(drawn, real).map((arrow) => `${PAGE}: ${arrow} is drawn, and not imported: take it out`),
      ...rooms
        .filter((room) => !text.includes(`\`${room}\``))
        .map((room) => `${PAGE}: nothing is said about \`${room}\`: add a sentence`),
    ],
  }
}

function missing(from: Set<string>, others: Set<string>): string[] {
  return [...from].filter((arrow) => !others.has(arrow)).sort()
}

/** Each package and what its sources import of other packages and libraries, by folder and by name. */
function importsOfPackages(root: string): Set<string> {
  const packages = packagesOf(root)
  const folders = new Map(packages.map(({ folder, manifest }) => [manifest.name, folder]))
  const arrows = packages.flatMap(({ path, folder }) =>
    files(root, `${path}/src`, '.ts')
      .filter((file) => !isTest(file))
      .flatMap((file) => importsOf(join(root, file)))
      .filter((specifier) => !/^(\.|node:)/.test(specifier))
      .map((specifier) => folders.get(packageName(specifier)) ?? nodeOf(specifier))
      .filter((target) => target !== folder)
      .map((target) => `${folder} --> ${target}`),
  )
  return new Set(arrows)
}

/** A library as Mermaid can name it: `@scope/name` is `scope-name`. */
function nodeOf(specifier: string): string {
  return packageName(specifier).replace('@', '').replace('/', '-')
}

/** The arrows of the page's flowchart: `a --> b & c` are two. */
function arrowsOf(text: string) {
  const [, chart = ''] = /```mermaid\n\s*flowchart(.*?)```/s.exec(text) ?? []
  const drawn = new Set<string>()
  const faults = chart ? [] : [`${PAGE}: there is no mermaid flowchart: draw one`]
  for (const line of chart.split('\n').filter((line) => /--|==|-\./.test(line))) {
    const [, from, to] = /^\s*([\w-]+) --> ([\w-]+(?: & [\w-]+)*)$/.exec(line) ?? []
    if (!from || !to) faults.push(`${PAGE}: \`${line.trim()}\` is no arrow of ours: write a --> b & c`)
    else for (const target of to.split(' & ')) drawn.add(`${from} --> ${target}`)
  }
  return { drawn, faults }
}
