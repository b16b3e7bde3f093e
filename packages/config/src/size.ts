const UNIT_BYTES: { readonly [unit: string]: number } = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
}

/** Bytes of a size: a number, or text with a unit (`64KiB`, `1.5MB`); `NaN` for what is no size. */
export function toBytes(size: number | string): number {
  if (typeof size === 'number') return size
  const match = /^(\d+(?:\.\d+)?) *([a-z]*)$/i.exec(size)
  const unit = UNIT_BYTES[match?.[2]?.toLowerCase() ?? '']
  return match === null || unit === undefined ? Number.NaN : Math.floor(Number(match[1]) * unit)
}

export function isSize(size: number | string): boolean {
  const bytes = toBytes(size)
  return Number.isSafeInteger(bytes) && bytes > 0
}
