import { equal, rejects } from '../check.ts'
import type { LawGroup } from '../law.ts'
import { everything, refuses } from '../steps.ts'

const KIB = 1024

/** Limits on context and metadata, judged in the same step as the write. */
export const limits: LawGroup = {
  name: 'limits',
  laws: [
    {
      id: 'limits/context',
      title:
        'the context holds as many bytes as `limits.contextBytes` says, keys and JSON text together, not one more',
      async run(kit) {
        const { id } = await kit.create()
        const options = { limits: { contextBytes: 10 } }
        await refuses(kit, 'LIMIT_EXCEEDED', id, { set: [['abc', '123456']] }, options)
        await kit.store.commit(id, { set: [['abc', '12345']] }, options)
        await refuses(kit, 'LIMIT_EXCEEDED', id, { set: [['d', 1]] }, options)
        await kit.store.commit(
          id,
          {
            set: [
              ['abc', '1'],
              ['d', [12]],
            ],
          },
          { limits: { contextBytes: 11 } },
        )
      },
    },
    {
      id: 'limits/utf-8',
      title: 'bytes are those of UTF-8, not characters',
      async run(kit) {
        const { id } = await kit.create()
        const options = { limits: { contextBytes: 12, metadataBytes: 12 } }
        await kit.store.commit(id, { set: [['é', '😀éa']] }, { limits: { contextBytes: 11 } })
        await refuses(kit, 'LIMIT_EXCEEDED', id, { set: [['é', '😀😀é']] }, options)
        await refuses(kit, 'LIMIT_EXCEEDED', id, { session: { metadata: { é: '😀😀é' } } }, options)
      },
    },
    {
      id: 'limits/context-default',
      title: 'without a limit the context holds 1 MiB',
      async run(kit) {
        const { id } = await kit.create({ context: [['a', 'x'.repeat(KIB * KIB - 3)]] })
        await refuses(kit, 'LIMIT_EXCEEDED', id, { set: [['b', 1]] })
        await refuses(kit, 'LIMIT_EXCEEDED', id, { set: [['a', 'x'.repeat(KIB * KIB - 2)]] })
        const create = () => kit.create({ context: [['a', 'x'.repeat(KIB * KIB - 2)]] })
        await rejects('LIMIT_EXCEEDED', 'create', create)
      },
    },
    {
      id: 'limits/context-growth',
      title: 'a context above its limit may shrink or stay, and only may not grow',
      async run(kit) {
        const { id } = await kit.create({
          context: [
            ['a', '1'.repeat(50)],
            ['b', '2'.repeat(50)],
          ],
        })
        const options = { limits: { contextBytes: 20 } }
        await refuses(kit, 'LIMIT_EXCEEDED', id, { set: [['c', 1]] }, options)
        await refuses(kit, 'LIMIT_EXCEEDED', id, { set: [['a', '1'.repeat(51)]] }, options)
        await kit.store.commit(id, { set: [['a', '3'.repeat(50)]] }, options)
        await kit.store.commit(id, { set: [['a', '']] }, options)
        await kit.store.commit(id, { append: [kit.message()], session: { isActive: true } }, options)
        await kit.store.commit(id, { unset: ['b'], set: [['c', '4'.repeat(9)]] }, options)
        equal(
          (await everything(kit, id)).context,
          [
            ['a', ''],
            ['c', '4'.repeat(9)],
          ],
          'the context',
        )
      },
    },
    {
      id: 'limits/context-room',
      title: 'what is unset or replaced makes room, in the same commit and later',
      async run(kit) {
        const { id } = await kit.create({
          context: [
            ['a', '12345'],
            ['b', '12345'],
          ],
        })
        const options = { limits: { contextBytes: 16 } }
        await kit.store.commit(id, { unset: ['a'], set: [['c', '12345']] }, options)
        await refuses(kit, 'LIMIT_EXCEEDED', id, { set: [['d', '12345']] }, options)
        await kit.store.commit(id, { unset: { prefix: 'b' } }, options)
        await kit.store.commit(id, { set: [['d', '12345']] }, options)
        equal(
          (await everything(kit, id)).context,
          [
            ['c', '12345'],
            ['d', '12345'],
          ],
          'the context',
        )
      },
    },
    {
      id: 'limits/metadata',
      title: 'metadata holds as many bytes as `limits.metadataBytes` says, counted after the merge',
      async run(kit) {
        const { id } = await kit.create({ metadata: { a: '12345' } })
        const options = { limits: { metadataBytes: 16 } }
        await kit.store.commit(id, { session: { metadata: { b: '12345' } } }, options)
        await refuses(kit, 'LIMIT_EXCEEDED', id, { session: { metadata: { c: '' } } }, options)
        await kit.store.commit(id, { session: { metadata: { a: null, c: '12345' } } }, options)
        equal((await kit.store.load(id)).session.metadata, { b: '12345', c: '12345' }, 'the metadata')
      },
    },
    {
      id: 'limits/metadata-default',
      title: 'without a limit metadata holds 64 KiB',
      async run(kit) {
        const { id } = await kit.create({ metadata: { a: 'x'.repeat(64 * KIB - 3) } })
        await refuses(kit, 'LIMIT_EXCEEDED', id, { session: { metadata: { b: '' } } })
        const create = () => kit.create({ metadata: { a: 'x'.repeat(64 * KIB - 2) } })
        await rejects('LIMIT_EXCEEDED', 'create', create)
      },
    },
    {
      id: 'limits/metadata-growth',
      title: 'metadata above its limit may shrink, and only may not grow',
      async run(kit) {
        const { id } = await kit.create({ metadata: { a: '1'.repeat(50), b: '2'.repeat(50) } })
        const options = { limits: { metadataBytes: 20 } }
        await refuses(kit, 'LIMIT_EXCEEDED', id, { session: { metadata: { c: '' } } }, options)
        await kit.store.commit(id, { session: { metadata: { a: null } } }, options)
        await kit.store.commit(id, { session: { isActive: false } }, options)
        equal((await kit.store.load(id)).session.metadata, { b: '2'.repeat(50) }, 'the metadata')
      },
    },
  ],
}
