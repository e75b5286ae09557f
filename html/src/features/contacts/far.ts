/** A list of however many contacts, of which those in sight are read. */
import { useQueries } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { useRested } from '@/lib/rested'
import type { Rows } from '@/ui/table'
import { LIMIT, lengthOf } from './length'
import { type Contact, type ContactFilter, contactPage } from './queries'

export function useFar(filter: ContactFilter, told: number) {
  const [sight, setSight] = useState<[number, number]>([0, 0])
  // who goes far passes over what he does not want to see
  const [from, to] = useRested(sight, 100)
  const wanted = [...Array(to - from + 1).keys()].map((n) => from + n)
  const read = useQueries({ queries: wanted.map((page) => contactPage(filter, page)) })
  const known = wanted.flatMap((page, n) => {
    const { data, isPlaceholderData } = read[n] ?? {}
    return data && !isPlaceholderData ? [[page, data] as const] : []
  })
  const onSight = useCallback((first: number, end: number) => {
    setSight([Math.floor(first / LIMIT), Math.floor(Math.max(first, end - 1) / LIMIT)])
  }, [])
  const [learnt, setLearnt] = useState({ told, length: told })
  const length = lengthOf(learnt.told === told ? learnt.length : told, known)
  if (learnt.told !== told || learnt.length !== length) setLearnt({ told, length })
  const rows: Rows<Contact> = {
    length,
    at: (index) =>
      known.find(([page]) => page === Math.floor(index / LIMIT))?.[1].items[index % LIMIT],
  }
  return { rows, onSight }
}
