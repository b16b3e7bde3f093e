import { parseArgs } from 'node:util'
import { FULL, isHeld, QUICK, type Suite } from './suite.ts'
import { memory } from './suites/memory.ts'
import { machine, toMarkdown } from './table.ts'

const SUITES: { readonly [name: string]: Suite } = { memory }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})
const names = positionals.length > 0 ? positionals : ['memory']
const unknown = names.filter((name) => !Object.hasOwn(SUITES, name))
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}. There are: ${Object.keys(SUITES).join(', ')}`)
  process.exit(2)
}

const command = ['pnpm bench', ...process.argv.slice(2)].join(' ')
console.log(machine(command))
let missed = 0
for (const name of names)
  for await (const section of (SUITES[name] as Suite)(values.quick ? QUICK : FULL)) {
    console.log(toMarkdown(section))
    missed += section.rows.filter((row) => isHeld(row) === false).length
  }
console.log(missed === 0 ? 'All goals held.' : `${missed} goals not held.`)
if (values.check && missed > 0) process.exitCode = 1
