const RealDate = Date
let shiftMs = 0

/** The clock of this process as somebody sets it: all times that its code reads are off by so much. */
class ShiftedDate extends RealDate {
  constructor(...given: [] | [value: number | string | Date]) {
    super(...((given.length === 0 ? [ShiftedDate.now()] : given) as [number]))
  }

  static override now(): number {
    return RealDate.now() + shiftMs
  }
}

export function setClock(byMs: number): void {
  shiftMs = byMs
  globalThis.Date = ShiftedDate as DateConstructor
}
