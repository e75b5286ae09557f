/** What the pages of contacts read and do. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api, type paths, type Schemas } from '@/lib/client'
import { pages } from '@/lib/pages'
import { keys } from '@/lib/query-keys'
import type { Tone } from '@/ui/badge'
import { LIMIT } from './length'

export type Contact = Schemas['Contact']
export type View = Schemas['View']
export type TimelineKind = Schemas['TimelineKind']
export type ContactFilter = Omit<
  NonNullable<paths['/api/v1/contacts']['get']['parameters']['query']>,
  'cursor' | 'limit' | 'fields' | 'total'
>

/** The filters that a list has in its address. */
export const filterNames = ['q', 'list_id', 'tag', 'consent_email', 'sort'] as const

export const consentTone: Record<string, Tone> = { granted: 'ok', revoked: 'bad', unknown: 'quiet' }

type Whole = Awaited<ReturnType<typeof ask>>

const ask = (filter: ContactFilter, page: number, signal: AbortSignal) =>
  unwrap(
    api.GET('/api/v1/contacts', {
      // how many there are is asked once, with the first page
      params: {
        query: { sort: '-id', ...filter, offset: page * LIMIT, limit: LIMIT, total: page === 0 },
      },
      signal,
    }),
  )

/** Some of a list, wherever they stand in it; nobody waits for what was scrolled by. */
export const contactPage = (filter: ContactFilter, page: number) =>
  queryOptions({
    queryKey: keys.contactPage(filter, page),
    queryFn: ({ signal }): Promise<Whole> => ask(filter, page, signal),
    // one list follows the other; a page of a list stands for no other page
    placeholderData: page === 0 ? keepPreviousData : undefined,
  })

export const contact = (id: string) =>
  queryOptions({
    queryKey: keys.contact(id),
    queryFn: () => unwrap(api.GET('/api/v1/contacts/{id}', { params: { path: { id } } })),
  })

export const timelinePages = (id: string, kind: TimelineKind | undefined) =>
  pages(keys.timeline(id, kind), (cursor) =>
    unwrap(
      api.GET('/api/v1/contacts/{id}/timeline', {
        params: { path: { id }, query: { cursor, limit: 50, kind } },
      }),
    ),
  )

export const views = queryOptions({
  queryKey: keys.views,
  queryFn: () => unwrap(api.GET('/api/v1/views', { params: { query: { limit: 100 } } })),
})

export const nameOf = (c: Pick<Contact, 'first_name' | 'last_name' | 'email' | 'phone' | 'id'>) =>
  [c.first_name, c.last_name].filter(Boolean).join(' ') || c.email || c.phone || c.id
