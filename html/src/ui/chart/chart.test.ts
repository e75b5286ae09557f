import { expect, test } from 'vitest'
import { course, instant, placed } from '@/lib/course'
import { csv, fileName } from '@/lib/save'
import { ceiling, ceilingShare, named } from './scale'

test('a measure ends at a round number above', () => {
  expect([0, 4, 5, 11, 41, 99, 101].map(ceiling)).toEqual([4, 4, 5, 20, 50, 100, 200])
  expect([0.031, 0.5, 1].map(ceilingShare)).toEqual([0.04, 0.5, 1])
})

test('as many places are named as there is room for, the last always', () => {
  const at = (count: number, room: number) =>
    Array.from({ length: count }, (_, n) => n).filter(named(count, room))
  expect(at(3, 700)).toEqual([0, 1, 2])
  expect(at(30, 640)).toEqual([2, 5, 8, 11, 14, 17, 20, 23, 26, 29])
})

test('hours and days on which nothing was are there too', () => {
  expect(course('2026-01-30', '2026-02-01', 'day')).toEqual([
    '2026-01-30',
    '2026-01-31',
    '2026-02-01',
  ])
  const hours = course('2026-01-01T22:00Z', '2026-01-02T00:00Z', 'hour')
  expect(hours).toEqual(['2026-01-01T22', '2026-01-01T23', '2026-01-02T00'])
  expect(placed(hours, [{ key: '2026-01-01T23:00Z' }])[1]?.key).toBe('2026-01-01T23:00Z')
  expect(placed(hours, [])).toEqual([undefined, undefined, undefined])
  expect(new Date(instant(hours[0] ?? '')).toISOString()).toBe('2026-01-01T22:00:00.000Z')
})

test('a file holds what is shown, and no formula', () => {
  expect(
    csv([
      ['Name', 'Sent'],
      ['=1+1', 3],
      ['a, "b"', null],
      [-1, '-1'],
    ]),
  ).toBe('Name,Sent\r\n\'=1+1,3\r\n"a, ""b""",\r\n-1,\'-1\r\n')
  expect(fileName('Öffnungen & Klicks: März')).toBe('öffnungen-klicks-märz.csv')
})
