import { beforeEach, expect, test, vi } from 'vitest'
import { moved } from './conflict'
import { keepDraft, readDraft } from './draft'

const kept = new Map<string, string>()
beforeEach(() => {
  kept.clear()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => kept.set(key, text),
    removeItem: (key: string) => kept.delete(key),
  })
})

test('a draft is what was written, over what others have changed since', () => {
  keepDraft('a', { name: 'Mine', text: 'Old' }, { name: 'Old', text: 'Old' })
  const now = { name: 'Old', text: 'New' }
  expect(readDraft('a', now).values).toEqual({ name: 'Mine', text: 'New' })
  expect(moved(readDraft('a', now).was, now)).toBeUndefined()
  const theirs = { name: 'Theirs', text: 'Old' }
  expect(readDraft('a', theirs)).toEqual({
    values: { name: 'Mine', text: 'Old' },
    was: { name: 'Old', text: 'Old' },
  })
  expect(moved(readDraft('a', theirs).was, theirs)).toEqual(theirs)
  // it is there already: somebody has saved the same
  expect(readDraft('a', { name: 'Mine', text: 'Old' }).was.name).toBe('Mine')
  keepDraft('a', now, now)
  expect(kept.size).toBe(0)
})

test('what another hand put there is no draft', () => {
  for (const text of [
    '{',
    'null',
    '[1]',
    '{"name":"x"}',
    '{"name":[1,2]}',
    '{"other":["a","b"]}',
  ]) {
    kept.set('godwit-draft:a', text)
    expect(readDraft('a', { name: 'Old' }).values).toEqual({ name: 'Old' })
  }
})
