import { expect, test } from 'vitest'
import { lengthOf } from './length'

const page = (count: number, next: string | null) => ({
  items: Array.from({ length: count }, () => ({})),
  next,
})

test('a list is as long as was told, until its end or more of it was seen', () => {
  expect(lengthOf(1_000_000, [[4999, page(100, 'x')]])).toBe(1_000_000)
  expect(lengthOf(1_000_000, [[9997, page(37, null)]])).toBe(999_737)
  expect(lengthOf(1_000_000, [[10_001, page(100, 'x')]])).toBe(1_000_201)
  // the estimate was too high: nothing is there
  expect(lengthOf(1_000_000, [[9999, page(0, null)]])).toBe(999_900)
})
