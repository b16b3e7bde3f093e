import { LAW_GROUPS, randomGroup, runLaw, type StoreFactory, wrapped } from '@sess/testkit'
import { describe, test } from 'vitest'
import { WAYS } from '../ways.ts'

const ON_SERVERS = ['encryption', 'compression', 'encryption of what was compressed']

/** The kit on a server, each law through every wrapper and the two together, at the same time: laws wait more than they work. */
export function testOn(server: string, factory: StoreFactory): void {
  // The random test has had its many sequences on memory.
  for (const { name, laws } of [...LAW_GROUPS, randomGroup({ random: { runs: 10 } })])
    describe(`${server}: ${name}`, () => {
      for (const law of laws)
        test(`${law.title} [${law.id}]`, async (context) => {
          const outcomes = await Promise.allSettled(
            ON_SERVERS.map((way) => runLaw(law, wrapped(factory, wayOf(way)))),
          )
          const failed = outcomes.findIndex(({ status }) => status === 'rejected')
          if (failed >= 0)
            throw new Error(`by ${ON_SERVERS[failed]}`, {
              cause: (outcomes[failed] as PromiseRejectedResult).reason,
            })
          const [first] = outcomes
          const skipped = first?.status === 'fulfilled' ? first.value.skipped : undefined
          if (skipped === undefined) return
          console.info(`${server}: ${law.id} is skipped: ${skipped}`)
          context.skip(skipped)
        })
    })
}

function wayOf(name: string) {
  const way = WAYS[name]
  if (way === undefined) throw new Error(`there is no way '${name}'`)
  return way
}
