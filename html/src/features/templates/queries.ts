/** What the pages of templates read and do. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { ended } from '@/lib/operation'
import { pages } from '@/lib/pages'
import { keys } from '@/lib/query-keys'
import { bodyOf, type Written } from './written'

const path = (id: string) => ({ params: { path: { id } } })
const at = (id: string, version: number) => ({ params: { path: { id, version } } })

export type Filter = { q?: string; category?: string; live?: string }

export const templatePages = ({ live, ...filter }: Filter) =>
  pages(keys.templateList({ live, ...filter }), (cursor) =>
    unwrap(
      api.GET('/api/v1/templates', {
        params: {
          query: {
            ...filter,
            ...(live && { live: live === 'true' }),
            cursor,
            limit: 50,
            sort: '-id',
          },
        },
      }),
    ),
  )

export const template = (id: string) =>
  queryOptions({
    queryKey: keys.template(id),
    queryFn: () => unwrap(api.GET('/api/v1/templates/{id}', path(id))),
  })

export const versions = (id: string) =>
  pages(keys.templateVersions(id), (cursor) =>
    unwrap(
      api.GET('/api/v1/templates/{id}/versions', {
        params: { path: { id }, query: { cursor, limit: 25 } },
      }),
    ),
  )

export const diff = (id: string, version: number) =>
  queryOptions({
    queryKey: keys.templateDiff(id, version),
    queryFn: () =>
      unwrap(api.GET('/api/v1/templates/{id}/versions/{version}/diff', at(id, version))),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const publish = (id: string, version: number) =>
  unwrap(api.POST('/api/v1/templates/{id}/versions/{version}/publish', at(id, version)))
export const restore = (id: string, version: number) =>
  unwrap(api.POST('/api/v1/templates/{id}/versions/{version}/restore', at(id, version)))
export const remove = (id: string) => unwrap(api.DELETE('/api/v1/templates/{id}', path(id)))

/** Whose secret may sign what a template sends. */
export const signers = queryOptions({
  queryKey: keys.webhooks,
  queryFn: () => unwrap(api.GET('/api/v1/webhooks', { params: { query: { limit: 200 } } })),
})

const asks = (w: Written): boolean => (w.channel === 'email' ? w.html : w.content) !== ''

/** A mail is seen before its subject is found. */
const seen = (w: Written): Written => ({ ...w, subject: w.subject || '–' })

export const rendered = (w: Written, contact_id: string | undefined) =>
  queryOptions({
    queryKey: keys.rendered({ ...w, contact_id }),
    queryFn: async () => {
      const who = contact_id ? { contact_id } : {}
      if (!w.saved)
        return unwrap(
          api.POST('/api/v1/templates/preview', { body: { ...bodyOf(seen(w)), ...who } }),
        )
      const { id, version } = w.saved
      return unwrap(
        api.POST('/api/v1/templates/{id}/preview', {
          ...path(id),
          body: { version, lint: true, ...who },
        }),
      )
    },
    enabled: asks(w),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  })

export const linted = (w: Written) =>
  queryOptions({
    queryKey: keys.linted(w),
    queryFn: async ({ client }) => {
      // of what is stored it comes with the preview
      const known = w.saved && (await client.fetchQuery(rendered(w, undefined)).catch(() => null))
      return known?.lint ?? unwrap(api.POST('/api/v1/templates/lint', { body: bodyOf(w) }))
    },
    enabled: asks(w) && (w.channel !== 'email' || w.subject !== ''),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  })

/** It is sent by the worker; what came of it is there when that has happened. */
export async function test(id: string, to: string[], contact_id: string | undefined) {
  const { result } = await ended(
    unwrap(
      api.POST('/api/v1/templates/{id}/test', {
        ...path(id),
        body: { ...(to.length > 0 && { to }), ...(contact_id && { contact_id }) },
      }),
    ),
  )
  return result as { status?: number | null; ms?: number; response?: string } | null
}
