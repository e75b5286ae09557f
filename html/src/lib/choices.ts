/** What a campaign can be made of: asked each time, since each of its parts changes elsewhere. */
import { queryOptions } from '@tanstack/react-query'
import { unwrap } from './api'
import { api } from './client'
import { keys } from './query-keys'

export const choices = queryOptions({
  queryKey: keys.choices,
  queryFn: () => unwrap(api.GET('/api/v1/campaigns/choices')),
  gcTime: 0,
})
