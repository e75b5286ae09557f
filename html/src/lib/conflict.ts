/**
 * An edit of what somebody else may be editing too: it names the version that
 * it was made from, and when that is not the present one both are shown.
 */
import { useState } from 'react'
import { t } from './i18n'
import { isStatus, Refused } from './problem'
import { versionOf } from './version'

type Values = Record<string, string>

export type Conflict<V extends Values> = {
  /** what is there now, when it is not what the edit began with */
  theirs: V | undefined
  /** does it with the headers that it needs; base: what the edit began with */
  guard: <T>(base: V, act: (headers: Record<string, string>) => Promise<T>) => Promise<T>
  /** the edit goes on from what is there now */
  settle: () => void
}

export const same = (a: Values, b: Values): boolean =>
  Object.keys(a).every((name) => a[name] === b[name])

const match = (version: string | undefined): Record<string, string> =>
  version ? { 'If-Match': version } : {}

export function useConflict<V extends Values>(path: string, read: () => Promise<V>): Conflict<V> {
  const [from, setFrom] = useState(() => versionOf(path))
  const [theirs, setTheirs] = useState<V>()
  return {
    theirs,
    guard: async (base, act) => {
      try {
        return await act(match(from))
      } catch (error) {
        if (!isStatus(error, 412)) throw error
        const now = await read()
        // something else of it has changed, such as its state
        if (same(base, now)) return await act(match(versionOf(path)))
        setTheirs(now)
        throw new Refused(t('conflict.title'))
      } finally {
        setFrom(versionOf(path))
      }
    },
    settle: () => setTheirs(undefined),
  }
}
