import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { SessError } from '@sess/core'
import { invalidOption } from '@sess/core/store'

/** `zstd` is in Node from 22.15 on: choose it only where every process that reads is as new. */
export type CompressionAlgorithm = 'brotli' | 'deflate' | 'zstd'

interface Algorithm {
  /** What stands in an envelope for it. */
  readonly code: number
  readonly compress: (bytes: Buffer) => Buffer
  readonly compressLater: (bytes: Buffer) => Promise<Buffer>
  /** @throws where there is more than `size` */
  readonly expand: (bytes: Buffer, size: number) => Buffer
}

const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants
/** Where `pnpm bench codec` shows more levels to cost more than they save. */
const BROTLI_QUALITY = 5
const DEFLATE_LEVEL = 6

const brotliOptions = ({ length }: Buffer) => ({
  params: { [BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [BROTLI_PARAM_SIZE_HINT]: length },
})
const brotliLater = promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliCompress)
const deflateLater = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.deflateRaw)

const brotli: Algorithm = {
  code: 1,
  compress: (bytes) => zlib.brotliCompressSync(bytes, brotliOptions(bytes)),
  compressLater: (bytes) => brotliLater(bytes, brotliOptions(bytes)),
  expand: (bytes, size) => zlib.brotliDecompressSync(bytes, { maxOutputLength: size }),
}

const deflate: Algorithm = {
  code: 2,
  compress: (bytes) => zlib.deflateRawSync(bytes, { level: DEFLATE_LEVEL }),
  compressLater: (bytes) => deflateLater(bytes, { level: DEFLATE_LEVEL }),
  expand: (bytes, size) => zlib.inflateRawSync(bytes, { maxOutputLength: size }),
}

/** Not in the types of Node 20, nor in Node 20. */
interface Zstd {
  readonly zstdCompressSync?: (bytes: Buffer) => Buffer
  readonly zstdCompress?: (bytes: Buffer, done: (error: Error | null, result: Buffer) => void) => void
  readonly zstdDecompressSync?: (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer
}

function zstd(): Algorithm | undefined {
  const { zstdCompressSync, zstdCompress, zstdDecompressSync } = zlib as Zstd
  if (!zstdCompressSync || !zstdCompress || !zstdDecompressSync) return undefined
  return {
    code: 3,
    compress: (bytes) => zstdCompressSync(bytes),
    compressLater: promisify(zstdCompress),
    expand: (bytes, size) => zstdDecompressSync(bytes, { maxOutputLength: size }),
  }
}

/** What was not worth compressing and only looks like an envelope. */
const verbatim: Pick<Algorithm, 'code' | 'expand'> = { code: 0, expand: (bytes) => bytes }
export const VERBATIM = verbatim.code

const ALGORITHMS: { readonly [name in CompressionAlgorithm]: Algorithm | undefined } = {
  brotli,
  deflate,
  zstd: zstd(),
}

/** @throws `CONFIG_INVALID` for an algorithm that this Node does not have, or that there is not */
export function algorithmOf(operation: string, name: CompressionAlgorithm): Algorithm {
  const found = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined
  if (found !== undefined) return found
  const why = name === 'zstd' ? 'zstd needs Node 22.15 or later' : 'there is brotli, deflate and zstd'
  throw invalidOption(operation, `algorithm: ${why}`)
}

/** @throws `CORRUPT_DATA` where the bytes do not make exactly `size`, `UNSUPPORTED` for what this Node cannot read */
export function expand(code: number, bytes: Buffer, size: number, what: string): Buffer {
  const algorithm = [verbatim, ...Object.values(ALGORITHMS)].find((known) => known?.code === code)
  if (algorithm === undefined && code === 3)
    throw new SessError('UNSUPPORTED', `${what} is compressed by zstd, which needs Node 22.15 or later`)
  try {
    const expanded = algorithm?.expand(bytes, Math.max(1, size))
    if (expanded?.length === size) return expanded
  } catch {
    // Told below: what zlib says names bytes of the content.
  }
  throw new SessError('CORRUPT_DATA', `${what} does not expand to what was compressed`)
}
