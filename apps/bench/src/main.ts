import { parseArgs } from 'node:util'
import { Page } from './page.ts'
import { FULL, isHeld, type Plan, QUICK, type Suite } from './suite.ts'
import { codec } from './suites/codec.ts'
import { compose } from './suites/compose.ts'
import { memory } from './suites/memory.ts'
import { mysql } from './suites/mysql.ts'
import { peers } from './suites/peers.ts'
import { redis } from './suites/redis.ts'
import { scale } from './suites/scale.ts'
import { soak } from './suites/soak.ts'
import { machine, toMarkdown } from './table.ts'

const SUITES: { readonly [name: string]: Suite } = {
  codec,
  compose,
  memory,
  mysql,
  peers,
  redis,
  scale,
  soak,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    write: { type: 'string' },
    minutes: { type: 'string', default: String(FULL.minutes) },
  },
})
const names = positionals.length > 0 ? positionals : ['memory']
const unknown = names.filter((name) => !Object.hasOwn(SUITES, name))
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}. There are: ${Object.keys(SUITES).join(', ')}`)
  process.exit(2)
}

const plan: Plan = values.quick ? QUICK : { ...FULL, minutes: Number(values.minutes) }
const command = ['pnpm bench', ...process.argv.slice(2)].join(' ')
console.log(machine(command))
const page =
  values.write === undefined
    ? undefined
    : new Page(values.write, `Benchmarks: ${names.join(', ')}`, machine(command))
const held: boolean[] = []
for (const name of names)
  for await (const section of (SUITES[name] as Suite)(plan)) {
    console.log(toMarkdown(section))
    page?.add(section)
    held.push(...section.rows.map(isHeld).filter((is) => is !== undefined))
  }
const missed = held.filter((is) => !is).length
if (held.length === 0) console.log('No goal was measured.')
else console.log(missed === 0 ? 'All goals held.' : `${missed} of ${held.length} goals not held.`)
if (values.check && (missed > 0 || held.length === 0)) process.exitCode = 1
