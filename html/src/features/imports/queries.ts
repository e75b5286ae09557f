import { queryOptions } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { pages } from '@/lib/pages'
import { keys } from '@/lib/query-keys'
import type { Tone } from '@/ui/badge'

export type Import = Schemas['Import']

export const tones: Record<Import['state'], Tone> = {
  queued: 'info',
  running: 'ok',
  finished: 'quiet',
  failed: 'bad',
  cancelled: 'quiet',
}

export const isOver = (state: Import['state']): boolean => state !== 'queued' && state !== 'running'

export const importPages = pages(keys.imports, (cursor) =>
  unwrap(api.GET('/api/v1/imports', { params: { query: { cursor, limit: 50 } } })),
)

export const oneImport = (id: string) =>
  queryOptions({
    queryKey: keys.import(id),
    queryFn: () => unwrap(api.GET('/api/v1/imports/{id}', { params: { path: { id } } })),
  })

/** How far the file is read, in bytes, as live events tell. */
export const progress = (id: string) =>
  queryOptions({
    queryKey: keys.importProgress(id),
    queryFn: () => Promise.resolve(null as { done: number; total: number } | null),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const lists = queryOptions({
  queryKey: keys.lists,
  queryFn: () =>
    unwrap(api.GET('/api/v1/lists', { params: { query: { sort: 'name', limit: 200 } } })),
})
