import { expect, test } from 'vitest'
import { scrollFor, TALLEST, windowOf } from './window'

const view = 900
const rows = (scroll: number, count: number, row = 40) =>
  windowOf({ scroll, view }, { count, row }, 6)

test('a short table is there as a whole', () => {
  expect(rows(0, 10)).toEqual({ first: 0, end: 10, above: 0, below: 0 })
})

test('those in sight are there, and the page is as tall as all of them', () => {
  for (const scroll of [-200, 0, 4321, 199_100, 500_000]) {
    const { first, end, above, below } = rows(scroll, 5000)
    expect(end - first).toBeLessThanOrEqual(36)
    expect(above + (end - first) * 40 + below).toBe(200_000)
    expect(above).toBe(first * 40)
  }
  expect(rows(199_100, 5000).end).toBe(5000)
})

test('a million rows are on one page, each of them reached', () => {
  for (const from of [0, 7_000_000, TALLEST - view - 100_000]) {
    let last = rows(from, 1_000_000).end
    for (let scroll = from; scroll <= from + 100_000; scroll += 211) {
      const { first, end, above, below } = rows(scroll, 1_000_000)
      // no row is passed over from one step of a wheel to the next
      expect(first).toBeLessThanOrEqual(last)
      expect(end - first).toBeLessThanOrEqual(36)
      expect(above + (end - first) * 40 + below).toBeCloseTo(TALLEST, 0)
      last = end
    }
  }
  expect(rows(TALLEST, 1_000_000).end).toBe(1_000_000)
})

test('a row that is gone to is in sight', () => {
  for (const count of [5000, 1_000_000])
    for (const index of [0, 1, 777, count / 2, count - 1]) {
      const long = { count, row: 40 }
      for (const from of [0, 100_000]) {
        const scroll = scrollFor(index, { scroll: from, view }, long, 36)
        const { first, end } = windowOf({ scroll, view }, long, 0)
        expect(index).toBeGreaterThanOrEqual(first)
        expect(index).toBeLessThan(end)
        expect(scrollFor(index, { scroll, view }, long, 36)).toBeCloseTo(scroll, 3)
      }
    }
})
