/**
 * An edit of what somebody else may be editing too: it names the version that
 * it was made from, and when that is not the present one both are shown.
 */
import { useRef, useState } from 'react'
import { t } from './i18n'
import { isStatus, Refused } from './problem'
import { versionOf } from './version'

type Values = Record<string, string>

export type Conflict<V extends Values> = {
  /** what the edit was made from; always the same object */
  base: { readonly current: V }
  /** what is there now, when it is not that */
  theirs: V | undefined
  /** does it with the headers that it needs */
  guard: <T>(act: (headers: Record<string, string>) => Promise<T>) => Promise<T>
  /** the edit goes on from what is there now, which it returns */
  take: () => V
  /** the edit goes on from what was saved */
  saved: (values: V) => void
}

export const same = (a: Values, b: Values): boolean =>
  Object.keys(a).every((name) => a[name] === b[name])

const TRIES = 3

const match = (version: string | undefined): Record<string, string> =>
  version ? { 'If-Match': version } : {}

/** What is there now, when a draft was made from something else. */
export const moved = <V extends Values>(was: V, now: V | undefined): V | undefined =>
  now && !same(was, now) ? now : undefined

export function useConflict<V extends Values>(
  path: string,
  read: () => Promise<V>,
  base: V,
  /** what is known to differ before anything is sent */
  found?: V,
): Conflict<V> {
  const was = useRef(base)
  const [from, setFrom] = useState(() => versionOf(path))
  const [theirs, setTheirs] = useState(found)
  return {
    base: was,
    theirs,
    guard: async (act) => {
      // what was refused for another reason is still made from what it began with,
      // whatever has been read meanwhile
      for (let version = from, left = TRIES; ; version = versionOf(path), left--) {
        try {
          const done = await act(match(version))
          setFrom(versionOf(path))
          setTheirs(undefined)
          return done
        } catch (error) {
          if (!isStatus(error, 412) || left === 0) throw error
        }
        const now = await read()
        // else something of it has changed that the edit is not about: a state, a count
        if (!same(was.current, now)) {
          setFrom(versionOf(path))
          setTheirs(now)
          throw new Refused(t('conflict.title'))
        }
      }
    },
    take: () => {
      was.current = theirs ?? was.current
      setTheirs(undefined)
      return was.current
    },
    saved: (values) => {
      was.current = values
    },
  }
}
