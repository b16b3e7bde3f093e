import { nextTick } from 'node:process'
import type { Writable } from 'node:stream'

/** How many commands go in one write: were it all of a tick, the server would wait for the last before it has the first. */
const AT_ONCE = 8

/** What a socket is given in one tick. */
interface Tick {
  commands: number
  held: number
  /** The tick before had one command: this one's first goes at once, since nothing will follow it, perhaps. */
  isFirstFree: boolean
}

const ticks = new WeakMap<Writable, Tick>()

/**
 * To be called before each command that is written to a socket: those of one tick go to it in eights, which costs the
 * client less than a write of each, and the server less than to be woken for each.
 */
export function gather(socket: Writable): void {
  const tick = ticks.get(socket) ?? firstOf(socket)
  if (tick.commands++ === 0) {
    nextTick(end, socket, tick)
    if (tick.isFirstFree) return
  }
  if (tick.held % AT_ONCE === 0) {
    if (tick.held > 0) socket.uncork()
    socket.cork()
  }
  tick.held++
}

function firstOf(socket: Writable): Tick {
  const tick = { commands: 0, held: 0, isFirstFree: true }
  ticks.set(socket, tick)
  return tick
}

function end(socket: Writable, tick: Tick): void {
  if (tick.held > 0) socket.uncork()
  tick.isFirstFree = tick.commands === 1
  tick.commands = 0
  tick.held = 0
}
