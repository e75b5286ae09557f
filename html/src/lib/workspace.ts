/** The workspace: its name, its zone, its brand. */
import { queryOptions } from '@tanstack/react-query'
import { unwrap } from './api'
import { api } from './client'
import { keys } from './query-keys'

export const workspacePath = (id: string): string => `/api/v1/workspaces/${id}`

export const workspaceOf = (id: string) =>
  queryOptions({
    queryKey: keys.workspace,
    queryFn: () => unwrap(api.GET('/api/v1/workspaces/{id}', { params: { path: { id } } })),
    staleTime: 600_000,
  })

/** Every time zone that the browser knows, and the one that is chosen. */
export function zones(chosen: string): [string, string][] {
  const all = new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), chosen])
  return [...all].map((zone) => [zone, zone.replaceAll('_', ' ')])
}
