import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache, failover } from '@sess/compose/config'
import { memory } from '@sess/store-memory/config'
import { mysql } from '@sess/store-mysql/config'
import { redis } from '@sess/store-redis/config'
import { expect, test } from 'vitest'
import { jsonSchema } from '../src/index.ts'
import { Names } from '../src/names.ts'
import { MAIN_SEAT, seatOf } from '../src/seat.ts'
import { PARITY, SEATS } from './parity.ts'
import { at } from './ways.ts'

// What is published of the definitions equals them. After a change of theirs, `pnpm vitest -u` writes it anew.

const stores = [memory(), redis(), mysql()]
const wrappers = [failover(), cache()]
const fileAt = (path: string) => join(import.meta.dirname, '../../..', path)

test('the JSON Schema for editors', async () => {
  const schema = jsonSchema(stores, wrappers)
  const text = `${JSON.stringify(schema, null, 2)}\n`
  await expect(text).toMatchFileSnapshot(fileAt('packages/config/src/public/schema.json'))
  const here = ['store.type', ...PARITY.map(({ key }) => key)]
  expect(leaves(jsonSchema(stores) as Schema).sort()).toEqual(here.sort())
  // A seat takes what the main store does.
  const types = stores.map(({ type }) => type)
  const again = ['store.fallback', 'store.cache'].flatMap((seat) => types.map((type) => `${seat}.${type}`))
  expect(leaves(schema as Schema).sort()).toEqual([...here, ...SEATS.map(({ key }) => key), ...again].sort())
  for (const key of again) {
    const { $ref = '' } = at(schema, `properties.${key.replaceAll('.', '.properties.')}`) as Schema
    const meant = at(schema, $ref.replace('#/', '').replaceAll('/', '.'))
    expect(meant).toBe(at(schema, `properties.store.properties.${key.split('.').at(-1)}`))
  }
})

test('the table of all keys in docs/config.md', async () => {
  const page = fileAt('docs/config.md')
  const marks = /(<!-- keys -->\n)[\s\S]*?(<!-- \/keys -->)/
  const text = readFileSync(page, 'utf8')
  expect(text).toMatch(marks)
  await expect(text.replace(marks, (_, begin, end) => `${begin}\n${table()}\n${end}`)).toMatchFileSnapshot(
    page,
  )
})

interface Schema {
  readonly $ref?: string
  readonly properties?: { readonly [name: string]: Schema }
}

function leaves({ properties }: Schema, key = ''): string[] {
  if (properties === undefined) return [key]
  return Object.entries(properties).flatMap(([name, below]) =>
    leaves(below, key === '' ? name : `${key}.${name}`),
  )
}

function table(): string {
  const places = [MAIN_SEAT, ...wrappers.map(({ seat }) => seatOf(seat))]
  const parts = stores.map((store) => {
    // The section of a seat's store is as the main one's.
    const taken = places.map((seat) => ({
      ...{ seat, type: store.type },
      store: seat === MAIN_SEAT ? store : undefined,
    }))
    return new Names(taken, { stores, wrappers })
  })
  const options = new Map(parts.flatMap((names) => names.options).map((option) => [option.key, option]))
  const order = [
    ...['store.type', 'store.memory', 'store.redis', 'store.mysql', 'store.fallback', 'store.cache'],
    ...['session', 'cleanup'],
  ]
  const place = (key: string) => order.findIndex((begin) => key === begin || key.startsWith(`${begin}.`))
  const rows = [...options.values()]
    .sort((a, b) => place(a.key) - place(b.key))
    .map(({ key, variable, schema, isSecret }) => {
      const { default: initial, description = '', enum: names, 'x-without-effect': why } = schema
      const notes = [
        ...(names === undefined ? [] : [names.map((name) => `\`${name}\``).join(', ')]),
        ...(why === undefined ? [] : [`without effect: ${why}`]),
        ...(isSecret ? ['secret'] : []),
      ]
      const about = [description, ...notes].join('; ')
      const shown = initial === '' || initial === undefined ? 'none' : `\`${initial}\``
      return [`\`${key}\``, variable === undefined ? '' : `\`${variable}\``, shown, about]
    })
  return format([['Key', 'Variable', 'Default', ''], ...rows])
}

function format([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('')
}
