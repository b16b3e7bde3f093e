import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { files, projects, type Report } from './workspace.ts'

interface Block {
  /** Name of the module that the block becomes, beside its page. */
  module: string
  page: string
  /** Line of the fence, counted from 1. */
  line: number
  code: string
}

/** All TypeScript in READMEs and docs compiles against the packages, and no link is dead. */
export function checkDocs(root: string): Report {
  const shown = projects(root).filter(({ group }) => group === 'packages' || group === 'examples')
  const pages = [
    ...[
      'README.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      ...shown.map(({ path }) => `${path}/README.md`),
    ].filter((page) => existsSync(join(root, page))),
    ...files(root, 'docs', '.md'),
  ]
  const faults: string[] = []
  const blocks: Block[] = []
  let ignored = 0
  for (const page of pages) {
    const read = readPage(page, readFileSync(join(root, page), 'utf8'))
    blocks.push(...read.blocks)
    faults.push(...read.faults, ...deadLinks(root, page, read.prose))
    ignored += read.ignored
  }
  faults.push(...compile(root, blocks))
  return { looked: `${blocks.length} blocks on ${pages.length} pages, ${ignored} ignored`, faults }
}

/** Splits a page into its TypeScript blocks and its prose, code of all kinds taken out. */
function readPage(page: string, text: string) {
  const lines = text.split('\n')
  const prose: string[] = []
  const blocks: Block[] = []
  const faults: string[] = []
  let ignored = 0
  for (let i = 0; i < lines.length; i++) {
    const fence = /^\s*(`{3,}|~{3,})\s*(\S*)\s*(.*)$/.exec(lines[i] ?? '')
    prose.push(fence ? '' : (lines[i] ?? '').replace(/`[^`]*`/g, ''))
    if (!fence) continue
    const [start, mark = '', language = '', info = ''] = [i, ...fence.slice(1)]
    const end = lines.findIndex((line, at) => at > start && line.trim().startsWith(mark))
    i = end < 0 ? lines.length : end
    while (prose.length < i + 1) prose.push('')
    if (!['ts', 'typescript'].includes(language)) continue
    if (/\bignore="[^"]+"/.test(info)) ignored++
    else if (/\bignore\b/.test(info)) faults.push(`${page}:${start + 1}: say why: ignore="reason"`)
    else {
      const code = lines.slice(start + 1, i).join('\n')
      blocks.push({ module: `${page}.${start + 1}.ts`, page, line: start + 1, code })
    }
  }
  return { prose, blocks, faults, ignored }
}

function deadLinks(root: string, page: string, prose: string[]): string[] {
  return prose.flatMap((text, index) =>
    [...text.matchAll(/\]\(([^)\s]+)[^)]*\)/g)]
      .map(([, target = '']) => target.replace(/#.*$/, ''))
      .filter((target) => target && !/^[a-z]+:/i.test(target))
      .filter((target) => !existsSync(join(root, dirname(page), decodeURI(target))))
      .map((target) => `${page}:${index + 1}: ${target} does not exist: mend the link`),
  )
}

/** One compiler run; each block is a module beside its page, which exists in memory only. */
function compile(root: string, blocks: Block[]): string[] {
  if (blocks.length === 0) return []
  const base = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(base.config, ts.sys, root)
  options.paths = sourcePaths(root)
  // Same number of lines above the code as on the page, so that errors name the page's lines.
  const texts = new Map(
    blocks.map((block) => [join(root, block.module), `${'\n'.repeat(block.line)}${block.code}\nexport {}\n`]),
  )
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (file) => texts.has(file) || fileExists(file)
  host.readFile = (file) => texts.get(file) ?? readFile(file)
  const program = ts.createProgram([...texts.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => describe(root, blocks, diagnostic))
}

function describe(root: string, blocks: Block[], { file, start, messageText }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n      ')
  if (!file) return message
  const { line } = file.getLineAndCharacterOfPosition(start ?? 0)
  const name = relative(root, file.fileName)
  return `${blocks.find(({ module }) => module === name)?.page ?? name}:${line + 1}: ${message}`
}

/** Every public entry by its name, on its source, from wherever the page lies. */
function sourcePaths(root: string): Record<string, string[]> {
  const entries = projects(root).flatMap(({ path, manifest }) =>
    Object.entries(manifest.exports ?? {}).map(([entry, source]) => [
      manifest.name + entry.slice(1),
      [join(root, path, source)],
    ]),
  )
  return Object.fromEntries(entries)
}
