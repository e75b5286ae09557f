/** Domains that mail is sent from, and the looks at their records. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { unwrap } from './api'
import { api, type Schemas } from './client'
import { ended } from './operation'
import { keys } from './query-keys'

export type Domain = Schemas['Domain']

export const domains = queryOptions({
  queryKey: keys.domains,
  queryFn: () => unwrap(api.GET('/api/v1/domains', { params: { query: { limit: 100 } } })),
  // the keys of a new one are made in a moment
  refetchInterval: ({ state }) =>
    !!state.data?.items.some(({ records }) => records.length === 0) && 1000,
})

export const addDomain = (domain: string) =>
  unwrap(api.POST('/api/v1/domains', { body: { domain: domain.trim().toLowerCase() } }))

const look = (id: string) =>
  ended(unwrap(api.POST('/api/v1/domains/{id}/verify', { params: { path: { id } } })))

/** quiet: it looks by itself, so that what fails is not told. */
export function useLook(quiet = false) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: look,
    meta: { quiet },
    onSettled: () => cache.invalidateQueries({ queryKey: keys.domains }),
  })
}

const EVERY = 20_000
const LOOKS = 30

/** While it is looked at, and something is missing, it looks every 20 s, for 10 minutes. */
export function useLooks(domain: Domain | undefined, enabled: boolean): void {
  const { mutate } = useLook(true)
  const id = domain?.id
  const missing = enabled && domain !== undefined && domain.state !== 'signing'
  useEffect(() => {
    if (!missing || !id) return
    let left = LOOKS
    const timer = setInterval(() => {
      if (document.visibilityState !== 'visible') return
      if (--left < 0) clearInterval(timer)
      else mutate(id)
    }, EVERY)
    return () => clearInterval(timer)
  }, [id, missing, mutate])
}
