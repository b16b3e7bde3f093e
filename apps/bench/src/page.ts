import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toSvg } from './chart.ts'
import type { Section } from './suite.ts'
import { toMarkdown } from './table.ts'

/** A Markdown file of sections, with their charts beside it; written anew with each section, so that nothing measured is lost. */
export class Page {
  readonly #file: string
  readonly #parts: string[]

  constructor(file: string, title: string, head: string) {
    this.#file = file
    this.#parts = [`# ${title}\n`, head]
  }

  add(section: Section): void {
    const folder = dirname(this.#file)
    mkdirSync(folder, { recursive: true })
    if (section.chart !== undefined) {
      writeFileSync(join(folder, section.chart.file), toSvg(section.chart))
      this.#parts.push(`![${section.chart.title}](${section.chart.file})\n`)
    }
    this.#parts.push(toMarkdown(section))
    writeFileSync(this.#file, this.#parts.join('\n'))
  }
}
