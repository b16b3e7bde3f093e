import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { LAW_GROUPS } from '../src/laws/index.ts'
import { runLaw } from '../src/run.ts'
import { DEFECTS } from './defects/index.ts'
import { describeMatrix } from './matrix.ts'
import { harnessOf, TestedStore } from './tested-store.ts'

const LAWS = LAW_GROUPS.flatMap(({ laws }) => laws)

const twice = (all: readonly string[]) => all.filter((one, i) => all.indexOf(one) !== i)

describe('the groups of laws', () => {
  it('are all listed: one for each file in src/laws, named like it', () => {
    const files = readdirSync(new URL('../src/laws', import.meta.url)).filter((file) => file !== 'index.ts')
    expect(LAW_GROUPS.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort())
  })

  it('name their laws `group/short-name`, each id and title once', () => {
    for (const { name, laws } of LAW_GROUPS)
      for (const { id } of laws) expect(id).toMatch(new RegExp(`^${name}/[a-z0-9-]+$`))
    expect(twice(LAWS.map(({ id }) => id))).toEqual([])
    expect(twice(LAWS.map(({ title }) => title))).toEqual([])
  })
})

describe('the broken stores', () => {
  it('have names of their own, and laws that are meant to catch them', () => {
    expect(twice(DEFECTS.map(({ name }) => name))).toEqual([])
    expect(DEFECTS.filter(({ caughtBy }) => caughtBy.length === 0)).toEqual([])
    const ids = new Set(LAWS.map(({ id }) => id))
    expect(DEFECTS.flatMap(({ caughtBy }) => caughtBy).filter((id) => !ids.has(id))).toEqual([])
  })

  // That each does catch what it is meant for is what the matrix proves.
  it('leave no law without one that it is meant to catch', () => {
    const meant = new Set(DEFECTS.flatMap(({ caughtBy }) => caughtBy))
    expect(LAWS.map(({ id }) => id).filter((id) => !meant.has(id))).toEqual([])
  })
})

describe('the reference store, with all that laws can need,', () => {
  for (const law of LAWS)
    it(`keeps ${law.id}`, async () =>
      expect(
        await runLaw(
          law,
          harnessOf((server) => new TestedStore(server)),
        ),
      ).toEqual({}))
})

describeMatrix(DEFECTS)
