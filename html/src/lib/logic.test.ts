import { expect, test } from 'vitest'
import { keymap } from '@/app/keymap'
import { rateOf } from '@/features/campaigns/rate'
import { told } from '@/features/session/providers'
import { guess, mapping, parseCsv } from '@/lib/csv'
import { ApiError } from './api'
import { allows } from './can'
import { percent, relative } from './format'
import { chord, match } from './hotkeys'
import { fieldErrors, mayRetry, sentence } from './problem'

test('scopes: everything, a noun, write includes read', () => {
  expect(allows(['*'], 'keys:write')).toBe(true)
  expect(allows(['contacts:write'], 'contacts:read')).toBe(true)
  expect(allows(['contacts:read', 'lists:*'], 'contacts:write')).toBe(false)
  expect(allows(['lists:*'], 'lists:write')).toBe(true)
})

test('what the API refuses lands on its field', () => {
  const error = new ApiError(422, {
    detail: 'two are wrong',
    errors: [
      { pointer: '/brand/a~1b', rule: 'pattern', message: 'is no colour' },
      { pointer: '/name', rule: 'missing', message: 'is missing' },
    ],
  })
  expect(fieldErrors(error)).toEqual({ 'brand.a/b': 'Is no colour', name: 'Is missing' })
  expect(sentence(error)).toBe('Two are wrong')
  expect([
    mayRetry(0, error),
    mayRetry(0, new TypeError('x')),
    mayRetry(2, new TypeError('x')),
  ]).toEqual([false, true, false])
})

test('no two keys of a scope are the same, and none begins another', () => {
  for (const scope of ['global', 'list', 'chart', 'campaign']) {
    const all = keymap.filter((b) => b.scope === scope || b.scope === 'global').map((b) => b.keys)
    expect(new Set(all).size).toBe(all.length)
    for (const keys of all) expect(all.filter((other) => other.startsWith(`${keys} `))).toEqual([])
  }
})

test('a sequence, and the innermost scope first', () => {
  const bound = (...keys: string[]) => keys.map((k) => ({ keys: k, run: () => {} }))
  const scopes = [bound('g h', 'p', 'Mod+k'), bound('p')]
  expect(match(scopes, 'h', 'g')?.keys).toBe('g h')
  expect(match(scopes, 'h', '')).toBeUndefined()
  expect(match(scopes, 'p', '')).toBe(scopes[1]?.[0])
  expect(chord({ key: 'K', ctrlKey: true, metaKey: false, altKey: false })).toBe('Mod+k')
})

test('the beginning of a CSV file, and where its columns go', () => {
  expect(parseCsv('a,"b ""x"", c"\r\n1,"2\n3"\n4', 5)).toEqual([
    ['a', 'b "x", c'],
    ['1', '2\n3'],
    ['4'],
  ])
  expect(parseCsv('a\nb\nc\n', 2)).toEqual([['a'], ['b']])
  expect(['E-Mail', 'Vorname', 'plan', 'time zone'].map(guess)).toEqual([
    'email',
    'first_name',
    '',
    'zone',
  ])
  expect(mapping(['E-Mail', 'email', 'plan'], ['email', 'email', ''])).toBe('E-Mail=email')
  expect(mapping(['email'], ['email'])).toBeUndefined()
})

test('numbers: shares, rates, how long ago', () => {
  expect([percent(1, 3), percent(0, 0), percent(1, 400)]).toEqual(['33.3%', '–', '0.25%'])
  expect(
    rateOf([
      { at: 0, done: 0 },
      { at: 2000, done: 50 },
    ]),
  ).toBe(25)
  expect(
    rateOf([
      { at: 0, done: 0 },
      { at: 500, done: 50 },
    ]),
  ).toBeUndefined()
  expect(relative(0, 180_000)).toBe('3 minutes ago')
})

test('a link that names a provider, and one that only seems to', () => {
  expect(told('?sso=sso_3&name=Company')).toEqual({ id: 'sso_3', name: 'Company' })
  expect(told('?sso=../evil')).toBeUndefined()
})
