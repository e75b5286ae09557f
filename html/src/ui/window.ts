/** Which rows of a long table are there, and the room above and below them. */

/** No page is taller everywhere: Firefox ends at 17.9 million pixels, Chromium at 33.5. */
export const TALLEST = 15_000_000

export type Sight = {
  /** how far the table has moved up behind the top of the window */
  scroll: number
  /** how much of the window it has */
  view: number
}

type Long = { count: number; row: number }

/** A table that is too tall for a page moves so much faster than the page. */
function scale({ view }: Sight, { count, row }: Long) {
  const real = count * row
  const tall = Math.min(real, TALLEST)
  return { real, tall, pace: tall < real ? (real - view) / (tall - view) : 1 }
}

export function windowOf(sight: Sight, long: Long, overscan: number) {
  const { count, row } = long
  const { tall, pace } = scale(sight, long)
  const at = Math.max(0, Math.min(sight.scroll, tall - sight.view))
  const top = at * pace
  const first = Math.max(0, Math.floor(top / row) - overscan)
  const above = Math.max(0, at - top + first * row)
  // those beyond the window only where there is page for them
  const room = first + Math.floor((tall - above) / row + 1e-6)
  const end = Math.min(count, room, Math.ceil((top + sight.view) / row) + overscan)
  return { first, end, above, below: Math.max(0, tall - above - (end - first) * row) }
}

/** How far the page is to move so that a row is in sight; `head` lies over the first. */
export function scrollFor(index: number, sight: Sight, long: Long, head: number): number {
  const { row } = long
  const { pace } = scale(sight, long)
  const top = Math.max(0, sight.scroll) * pace
  const from = index * row - head
  const to = (index + 1) * row - sight.view
  if (from < top) return Math.max(0, from / pace)
  return to > top ? to / pace : sight.scroll
}
