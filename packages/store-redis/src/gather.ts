import { nextTick } from 'node:process'
import type { Writable } from 'node:stream'

/** How many commands go in one write: were it all of a tick, the server would wait for the last before it has the first. */
const AT_ONCE = 8

/** What a socket is given in one tick. */
interface Tick {
  commands: number
  /** How many of them are not held back: the first, where the tick before had no other, and nothing may follow it. */
  free: 0 | 1
}

const ticks = new WeakMap<Writable, Tick>()

/**
 * To be called before each command that is written to a socket: those of one tick go to it in eights, which costs the
 * client less than a write of each, and the server less than to be woken for each.
 */
export function gather(socket: Writable): void {
  let tick = ticks.get(socket)
  if (tick === undefined) {
    tick = { commands: 0, free: 1 }
    ticks.set(socket, tick)
  }
  if (tick.commands === 0) nextTick(end, socket, tick)
  const held = tick.commands++ - tick.free
  if (held < 0 || held % AT_ONCE > 0) return
  if (held > 0) socket.uncork()
  socket.cork()
}

function end(socket: Writable, tick: Tick): void {
  if (tick.commands > tick.free) socket.uncork()
  tick.free = tick.commands === 1 ? 1 : 0
  tick.commands = 0
}
