import { expect, test } from 'vitest'
import { changes } from './changes'

test('what an operation has changed, member by member', () => {
  expect(changes({ a: 1, b: 'x' }, { a: 1, b: 'y', c: [2] })).toEqual([
    { name: 'a', before: '1', after: '1', same: true },
    { name: 'b', before: 'x', after: 'y', same: false },
    { name: 'c', before: '–', after: '[2]', same: false },
  ])
  expect(changes(null, null)).toEqual([])
})
