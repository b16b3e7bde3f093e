import { readFileSync } from 'node:fs'
import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml'
import type { Problems } from './problem.ts'
import { type Branch, MAX_DEPTH, type Tree } from './tree.ts'

const MAX_BYTES = 1024 * 1024
/** Aliases counted each time; a configuration has some tens. */
const MAX_NODES = 10_000

/** A file of YAML, or of JSON, which is YAML too. */
export function readYaml(file: string, problems: Problems): Tree {
  const text = readText(file, problems)
  if (text === undefined) return { place: file, branches: new Map() }
  return new YamlReader(file, problems).read(text)
}

function readText(file: string, problems: Problems): string | undefined {
  try {
    const bytes = readFileSync(file)
    if (bytes.length > MAX_BYTES) {
      problems.add({ key: '', place: file, expected: 'has more than 1 MiB, which is no configuration' })
      return undefined
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const code = (error as { code?: unknown }).code
    const why = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8' : `cannot be read (${code})`
    problems.add({ key: '', place: file, expected: why })
    return undefined
  }
}

/** Never repeats what the parser says of a file: it quotes lines, and there are secrets in them. */
class YamlReader {
  readonly #file: string
  readonly #problems: Problems
  readonly #lines = new LineCounter()
  readonly #anchors = new Map<string, Node>()
  #nodes = 0

  constructor(file: string, problems: Problems) {
    this.#file = file
    this.#problems = problems
  }

  read(text: string): Tree {
    const empty = { place: this.#file, branches: new Map() }
    try {
      const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, version: '1.2' })
      const faults = [...document.errors, ...document.warnings]
      for (const fault of faults) this.#tell(this.#placeAt(fault.pos[0]), faultOf(fault))
      if (faults.length > 0 || document.contents === null) return empty
      return this.#tree(document.contents, [])
    } catch (error) {
      if (!(error instanceof Refused)) this.#tell(this.#file, 'is not YAML that can be read')
      return empty
    }
  }

  /** @param above the nodes that this one stands in, aliases included */
  #tree(node: Node, above: readonly Node[]): Tree {
    const place = this.#place(node)
    if (++this.#nodes > MAX_NODES)
      this.#refuse(place, `holds more than ${MAX_NODES} values, aliases counted each time`)
    if (above.length > MAX_DEPTH) this.#refuse(place, `is deeper than ${MAX_DEPTH} levels`)
    const below = (child: unknown) => this.#tree(child as Node, [...above, node])
    if (isAlias(node)) return { ...below(this.#meant(node, place, above)), place }
    if (node.anchor !== undefined && !above.some(isAlias)) this.#anchors.set(node.anchor, node)
    if (isSeq(node)) return { place, value: node.items.map(below) }
    if (!isMap(node)) return { place, value: isScalar(node) ? node.value : undefined }
    const branches = new Map<string, Branch>()
    for (const { key, value } of node.items) {
      const namePlace = this.#place(key as Node)
      if (!isScalar(key)) this.#refuse(namePlace, 'a name must be text')
      const branch = value === null ? { place: namePlace, value: null } : below(value)
      branches.set(String(key.value), { ...branch, namePlace })
    }
    return { place, branches }
  }

  #meant(alias: Alias, place: string, above: readonly Node[]): Node {
    const meant = this.#anchors.get(alias.source) ?? this.#refuse(place, 'an alias needs an anchor before it')
    return above.includes(meant) ? this.#refuse(place, 'an alias stands in what it means itself') : meant
  }

  #tell(place: string, expected: string): void {
    this.#problems.add({ key: '', place, expected })
  }

  #refuse(place: string, expected: string): never {
    this.#tell(place, expected)
    throw new Refused()
  }

  #place(node: Node): string {
    return this.#placeAt(node.range?.[0] ?? 0)
  }

  #placeAt(offset: number): string {
    const { line, col } = this.#lines.linePos(offset)
    return `${this.#file}:${line}:${col}`
  }
}

/** The rest of the file is not looked at. */
class Refused extends Error {}

function faultOf({ code }: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'a key stands here twice'
  if (code === 'MULTIPLE_DOCS') return 'another document begins here, and there may be one'
  if (code === 'TAB_AS_INDENT') return 'a tab indents, where YAML takes spaces alone'
  return `is not valid YAML (${code})`
}
