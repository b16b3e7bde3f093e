interface Unit {
  readonly kind: string
  /** In the kind's base unit: value * factor + offset. */
  readonly factor: number
  readonly offset: number
}

const LINES: readonly (readonly [kind: string, names: string, factor: number, offset?: number])[] = [
  ['length', 'm metre metres meter meters', 1],
  ['length', 'km kilometre kilometres kilometer kilometers', 1000],
  ['length', 'cm centimetre centimetres centimeter centimeters', 0.01],
  ['length', 'mm millimetre millimetres millimeter millimeters', 0.001],
  ['length', 'mi mile miles', 1609.344],
  ['length', 'ft foot feet', 0.3048],
  ['length', 'in inch inches', 0.0254],
  ['mass', 'kg kilogram kilograms kilo kilos', 1],
  ['mass', 'g gram grams', 0.001],
  ['mass', 'lb lbs pound pounds', 0.45359237],
  ['mass', 'oz ounce ounces', 0.028349523125],
  ['temperature', 'c °c celsius', 1],
  ['temperature', 'f °f fahrenheit', 5 / 9, (-32 * 5) / 9],
  ['temperature', 'k kelvin', 1, -273.15],
  ['time', 's sec second seconds', 1],
  ['time', 'min minute minutes', 60],
  ['time', 'h hour hours', 3600],
  ['time', 'd day days', 86_400],
  ['data', 'b byte bytes', 1],
  ['data', 'kb kilobyte kilobytes', 1000],
  ['data', 'mb megabyte megabytes', 1e6],
  ['data', 'gb gigabyte gigabytes', 1e9],
  ['data', 'kib', 1024],
  ['data', 'mib', 1024 ** 2],
  ['data', 'gib', 1024 ** 3],
]

const UNITS = new Map<string, Unit>(
  LINES.flatMap(([kind, names, factor, offset = 0]) =>
    names.split(' ').map((name) => [name, { kind, factor, offset }] as const),
  ),
)

/** Whether this is the name of a unit. */
export function isUnit(name: string): boolean {
  return UNITS.has(name.toLowerCase())
}

/** A value in another unit. @throws an Error with a plain sentence */
export function convert(value: number, from: string, to: string): number {
  const [a, b] = [unit(from), unit(to)]
  if (a.kind !== b.kind) throw new Error(`${from} is ${a.kind} and ${to} is ${b.kind}`)
  return Number(((value * a.factor + a.offset - b.offset) / b.factor).toPrecision(10))
}

function unit(name: string): Unit {
  const unit = UNITS.get(name.toLowerCase())
  if (!unit) throw new Error(`I do not know the unit '${name}'`)
  return unit
}
