import { expect, test } from 'vitest'
import { midnight, setZone } from './format'

test('a day begins by the clock of the workspace', () => {
  setZone('America/New_York')
  expect(midnight('2026-01-31')?.toISOString()).toBe('2026-01-31T05:00:00.000Z')
  // the day on which the clock is put on has 23 hours
  expect(midnight('2026-03-08')?.toISOString()).toBe('2026-03-08T05:00:00.000Z')
  expect(midnight('2026-03-08', 1)?.toISOString()).toBe('2026-03-09T04:00:00.000Z')
  setZone('Pacific/Auckland')
  expect(midnight('2026-01-31')?.toISOString()).toBe('2026-01-30T11:00:00.000Z')
  expect(midnight('')).toBeUndefined()
})
