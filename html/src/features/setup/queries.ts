/** What the steps of setting up read and do. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { keys } from '@/lib/query-keys'

export type Setup = Schemas['Setup']
export type Step = Schemas['SetupStep']
export type StepState = Schemas['SetupState']

export const setup = queryOptions({
  queryKey: keys.setup,
  queryFn: () => unwrap(api.GET('/api/v1/setup')),
})

export function useMark() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (body: { step: Step; state: StepState }) =>
      unwrap(api.POST('/api/v1/setup', { body })),
    onSuccess: (now) => cache.setQueryData(keys.setup, now),
  })
}
