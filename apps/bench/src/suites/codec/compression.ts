import zlib from 'node:zlib'
import type { Plan, Section } from '../../suite.ts'
import { whole } from '../../suite.ts'
import { type Sample, samples } from './samples.ts'

interface Way {
  readonly name: string
  readonly compress: (bytes: Buffer) => Buffer
  readonly expand: (bytes: Buffer) => Buffer
}

/** As in `withCompression`: shorter content stays as it is, and so does what its envelope would not make less. */
const MIN_BYTES = 512
const envelopeBytes = (compressed: Buffer) => 8 + Math.ceil(((5 + compressed.length) * 4) / 3)

const WAYS: readonly Way[] = [
  ...[1, 3, 4, 5, 6, 9, 11].map((quality) => brotli(quality)),
  ...[1, 6, 9].map((level) => deflate(level)),
]

/** Size and speed of algorithms and levels, each message by itself. */
export async function* compression(plan: Plan): AsyncGenerator<Section> {
  for (const sample of await samples()) {
    const texts = sample.contents.map((content) => Buffer.from(JSON.stringify(content)))
    const plain = texts.reduce((sum, { length }) => sum + length, 0)
    const rows = WAYS.map((way) => row(way, texts, plain, plan.long.rounds))
    yield {
      title: `Compression: ${sample.name}`,
      rows: [],
      table: { head: ['', 'size', 'compressed', 'µs to compress', 'MB/s', 'µs to expand', 'MB/s'], rows },
      notes: [describe(sample, texts, plain)],
    }
  }
}

function row(way: Way, texts: readonly Buffer[], plain: number, rounds: number): readonly string[] {
  const long = texts.filter(({ length }) => length >= MIN_BYTES)
  const packed = long.map((text) => way.compress(text))
  const saves = packed.map((bytes, i) => envelopeBytes(bytes) < (long[i]?.length ?? 0))
  const saved = packed.reduce(
    (sum, bytes, i) => (saves[i] ? sum + (long[i]?.length ?? 0) - envelopeBytes(bytes) : sum),
    0,
  )
  const bytes = long.reduce((sum, { length }) => sum + length, 0)
  const compressMs = median(rounds, () => {
    for (const text of long) way.compress(text)
  })
  const expandMs = median(rounds, () => {
    for (const bytes of packed) way.expand(bytes)
  })
  const micros = (ms: number) => ((ms * 1000) / Math.max(1, long.length)).toFixed(0)
  const speed = (ms: number) => (bytes / 1000 / ms).toFixed(0)
  return [
    way.name,
    `${(((plain - saved) / plain) * 100).toFixed(0)} %`,
    `${saves.filter(Boolean).length} of ${texts.length}`,
    ...[micros(compressMs), speed(compressMs), micros(expandMs), speed(expandMs)],
  ]
}

function describe({ contents }: Sample, texts: readonly Buffer[], plain: number): string {
  const long = texts.filter(({ length }) => length >= MIN_BYTES)
  const share = long.reduce((sum, { length }) => sum + length, 0) / plain
  return `${whole(contents.length)} messages, ${whole(plain)} B of JSON text, ${(share * 100).toFixed(0)} % of it in the ${long.length} of ${MIN_BYTES} B and more. Size is that of all messages as stored, base64 included, beside plain; times are of one message of those.`
}

function median(rounds: number, run: () => void): number {
  run()
  const times = Array.from({ length: Math.max(1, rounds) }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  }).sort((a, b) => a - b)
  return times[times.length >> 1] as number
}

function brotli(quality: number): Way {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants
  return {
    name: `brotli ${quality}`,
    compress: (bytes) =>
      zlib.brotliCompressSync(bytes, {
        params: { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_SIZE_HINT]: bytes.length },
      }),
    expand: (bytes) => zlib.brotliDecompressSync(bytes),
  }
}

function deflate(level: number): Way {
  return {
    name: `deflate ${level}`,
    compress: (bytes) => zlib.deflateRawSync(bytes, { level }),
    expand: (bytes) => zlib.inflateRawSync(bytes),
  }
}
