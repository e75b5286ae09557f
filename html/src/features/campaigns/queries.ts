/** What the pages of campaigns read and do. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { t } from '@/lib/i18n'
import { newer } from '@/lib/live-cache'
import { ended } from '@/lib/operation'
import { pages } from '@/lib/pages'
import { keys } from '@/lib/query-keys'
import { toast } from '@/lib/toast'
import type { Tone } from '@/ui/badge'

export type Campaign = Schemas['Campaign']
export type Stats = Schemas['CampaignStats']
export type Report = Schemas['CampaignReport']
export type Experiment = Schemas['ExperimentResults']
export type Recipient = Schemas['Recipient']
export type CampaignState = Schemas['CampaignState']
export type SendState = Schemas['SendState']

/** Whether it goes to mailboxes: others have no sender, and nobody opens them. */
export const isMail = (channel: Campaign['channel']) => (channel ?? 'email') === 'email'

export const states: Record<CampaignState, Tone> = {
  draft: 'quiet',
  scheduled: 'info',
  preparing: 'info',
  running: 'ok',
  paused: 'warn',
  finishing: 'ok',
  finished: 'quiet',
  cancelled: 'quiet',
  failed: 'bad',
}
export const underWay = new Set<string>(['preparing', 'running', 'finishing'])

export const sendStates: Record<string, Tone> = {
  queued: 'quiet',
  in_flight: 'info',
  sent: 'ok',
  failed: 'bad',
  suppressed: 'warn',
  invalid: 'warn',
  not_rendered: 'bad',
  uncertain: 'warn',
}

export const experimentStates: Record<string, Tone> = {
  draft: 'quiet',
  sending: 'ok',
  waiting: 'info',
  decided: 'ok',
  cancelled: 'quiet',
}

export type ListFilter = { q?: string; state?: CampaignState }

export const campaignPages = (filter: ListFilter) =>
  pages(keys.campaignList(filter), (cursor) =>
    unwrap(
      api.GET('/api/v1/campaigns', {
        params: { query: { ...filter, cursor, limit: 50, sort: '-id' } },
      }),
    ),
  )

const path = (id: string) => ({ params: { path: { id } } })

export const campaign = (id: string) =>
  queryOptions({
    queryKey: keys.campaign(id),
    queryFn: () => unwrap(api.GET('/api/v1/campaigns/{id}', path(id))),
  })

export const stats = (id: string) =>
  queryOptions({
    queryKey: keys.campaignStats(id),
    queryFn: async ({ client }) => {
      const read = await unwrap(api.GET('/api/v1/campaigns/{id}/stats', path(id)))
      return newer(client.getQueryData<Stats>(keys.campaignStats(id)), read)
    },
  })

export const links = (id: string) =>
  queryOptions({
    queryKey: keys.campaignLinks(id),
    queryFn: () => unwrap(api.GET('/api/v1/campaigns/{id}/links', path(id))),
  })

export const report = (id: string) =>
  queryOptions({
    queryKey: keys.campaignReport(id),
    queryFn: () => unwrap(api.GET('/api/v1/campaigns/{id}/report', path(id))),
  })

export const experiment = (id: string) =>
  queryOptions({
    queryKey: keys.experiment(id),
    queryFn: () => unwrap(api.GET('/api/v1/campaigns/{id}/experiment', path(id))),
  })

/** What is worked out every few minutes is worked out now. */
export function useWorkOut(id: string) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: () => ended(unwrap(api.POST('/api/v1/analytics/refresh'))),
    onSuccess: () => cache.invalidateQueries({ queryKey: keys.campaignReport(id) }),
  })
}

export const preflight = (id: string) =>
  queryOptions({
    queryKey: keys.campaignPreflight(id),
    queryFn: () => unwrap(api.GET('/api/v1/campaigns/{id}/preflight', path(id))),
    staleTime: 0,
  })

export const recipients = (id: string, state: SendState | undefined) =>
  pages(keys.recipients(id, { state }), (cursor) =>
    unwrap(
      api.GET('/api/v1/campaigns/{id}/recipients', {
        params: {
          path: { id },
          query: { cursor, limit: 100, ...(state && { state: state as 'sent' }) },
        },
      }),
    ),
  )

export const why = (id: string, email: string) =>
  queryOptions({
    queryKey: keys.why(id, email),
    queryFn: () =>
      unwrap(api.GET('/api/v1/campaigns/{id}/why', { params: { path: { id }, query: { email } } })),
    retry: false,
  })

const acts = {
  start: (id: string) => unwrap(api.POST('/api/v1/campaigns/{id}/start', path(id))),
  pause: (id: string) => unwrap(api.POST('/api/v1/campaigns/{id}/pause', path(id))),
  resume: (id: string) => unwrap(api.POST('/api/v1/campaigns/{id}/resume', path(id))),
  cancel: (id: string) => unwrap(api.POST('/api/v1/campaigns/{id}/cancel', path(id))),
  clone: (id: string) => unwrap(api.POST('/api/v1/campaigns/{id}/clone', path(id))),
}
export type Act = keyof typeof acts

/** Sends are never shown before the server has said yes. */
export function useAct(id: string) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (act: Act) => acts[act](id),
    onSuccess: (now, act) => {
      cache.setQueryData(keys.campaign(now.id), (old: Campaign | undefined) =>
        act === 'clone' ? old : { ...old, ...now },
      )
      void cache.invalidateQueries({ queryKey: keys.campaigns })
      toast({ kind: 'done', text: t(`campaign.did.${act}`, { name: now.name }) })
    },
  })
}

/** Who has been passed: all but those who wait. */
export const passed = (s: Stats): number => s.audience - s.queued - s.in_flight
