/** What the pages of segments read and do. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { t } from '@/lib/i18n'
import { pages } from '@/lib/pages'
import { keys } from '@/lib/query-keys'
import type { Tone } from '@/ui/badge'
import type { Json } from './tree'

export type Segment = Schemas['Segment']

const path = (id: string) => ({ params: { path: { id } } })

/** No event tells of members: who looks at them reads them anew, while he looks. */
const CALM = 10_000
const COUNTING = 1000
const pace = (counting: boolean | undefined) => (counting ? COUNTING : CALM)

export const segmentPages = (q: string | undefined) => ({
  ...pages(keys.segmentList({ q }), (cursor) =>
    unwrap(
      api.GET('/api/v1/segments', { params: { query: { q, cursor, limit: 50, sort: '-id' } } }),
    ),
  ),
})

export const segment = (id: string) =>
  queryOptions({
    queryKey: keys.segment(id),
    queryFn: () => unwrap(api.GET('/api/v1/segments/{id}', path(id))),
    refetchInterval: ({ state }) => pace(state.data?.counting),
  })

/** How many there are is part of the name: when it moves, they are read anew. */
export const members = (id: string, count: number) =>
  pages(keys.segmentMembers(id, count), (cursor) =>
    unwrap(
      api.GET('/api/v1/segments/{id}/members', {
        params: { path: { id }, query: { cursor, limit: 100 } },
      }),
    ),
  )

export const why = (id: string, contact_id: string) =>
  queryOptions({
    queryKey: keys.segmentWhy(id, contact_id),
    queryFn: () =>
      unwrap(
        api.GET('/api/v1/segments/{id}/why', { params: { path: { id }, query: { contact_id } } }),
      ),
    retry: false,
    staleTime: 0,
  })

const named = { sort: 'name', limit: 200 } as const

export const known = {
  lists: {
    queryKey: keys.lists,
    queryFn: () => unwrap(api.GET('/api/v1/lists', { params: { query: named } })),
  },
  campaigns: {
    queryKey: keys.campaignList({ pick: true }),
    queryFn: () =>
      unwrap(api.GET('/api/v1/campaigns', { params: { query: { sort: '-id', limit: 200 } } })),
  },
  fields: {
    queryKey: keys.fields,
    queryFn: () =>
      unwrap(api.GET('/api/v1/fields', { params: { query: { sort: 'key', limit: 200 } } })),
  },
} as const

export const estimate = (predicate: Json, asks: boolean) =>
  queryOptions({
    queryKey: keys.estimate(predicate),
    queryFn: () =>
      unwrap(api.POST('/api/v1/segments/estimate', { body: { predicate: predicate as never } })),
    enabled: asks,
    placeholderData: keepPreviousData,
    retry: false,
  })

export const countAll = (predicate: Json) =>
  unwrap(api.POST('/api/v1/segments/count', { body: { predicate: predicate as never } }))

export const remove = (id: string) => unwrap(api.DELETE('/api/v1/segments/{id}', path(id)))

export const snapshot = (id: string, name: string) =>
  unwrap(api.POST('/api/v1/segments/{id}/snapshot', { ...path(id), body: { name } }))

/** Does it follow what happens? In a word. */
export function stateOf(s: Segment): { tone: Tone; label: string; pulse: boolean } {
  if (s.problem) return { tone: 'bad', label: t('segments.stopped'), pulse: false }
  if (s.counting) return { tone: 'info', label: t('segments.counting'), pulse: true }
  return { tone: 'ok', label: t('segments.current'), pulse: false }
}
