/** What each kind of event means for what the cache holds. */
import type { QueryClient } from '@tanstack/react-query'
import type { Schemas } from './client'
import type { LiveEvent } from './live-stream'
import { keys } from './query-keys'

type Stats = Schemas['CampaignStats']
type Rule = (cache: QueryClient, id: string, data: LiveEvent['data']) => void

const underWay = new Set(['preparing', 'running', 'finishing', 'queued'])

/** So often at most the truth is read anew while numbers move. */
const CALM = 1000
const due = new Map<string, ReturnType<typeof setTimeout>>()

function soon(cache: QueryClient, queryKey: readonly unknown[], ms = CALM): void {
  const name = JSON.stringify(queryKey)
  if (due.has(name)) return
  const timer = setTimeout(() => {
    due.delete(name)
    void cache.invalidateQueries({ queryKey })
  }, ms)
  due.set(name, timer)
}

/** Where somebody is who is not waiting any more. */
const final = ['sent', 'failed', 'suppressed', 'invalid', 'not_rendered', 'uncertain'] as const

/** The numbers with what is new; who was waiting is not any more. */
export function counting(old: Stats, data: Record<string, number>): Stats {
  const now = { ...old }
  for (const state of final) {
    const more = Math.max(0, data[state] ?? 0)
    now[state] += more
    now.queued -= more
  }
  // the eight states sum to the audience, whatever was told twice
  return now.queued < 0 ? old : now
}

/** What was read, unless more was heard since: a bar does not go back. */
export function newer(old: Stats | undefined, read: Stats): Stats {
  const ended = ['finished', 'cancelled', 'failed'].includes(read.state as string)
  const heard = old && !ended && waiting(old) < waiting(read)
  if (!heard || old.audience !== read.audience) return read
  const kept = [...final, 'queued', 'in_flight'] as const
  return { ...read, ...Object.fromEntries(kept.map((state) => [state, old[state]])) }
}

const waiting = (s: Stats): number => s.queued + s.in_flight

const rules: Record<string, Rule> = {
  'campaign.changed': (cache) => void cache.invalidateQueries({ queryKey: keys.campaigns }),
  // what mail servers have said moves the bar; when it is stored it is read
  'campaign.progress': (cache, id, data) => {
    const old = cache.getQueryData<Stats>(keys.campaignStats(id))
    const now = old && counting(old, data)
    if (now === old) soon(cache, keys.campaignStats(id))
    else cache.setQueryData(keys.campaignStats(id), now)
  },
  'campaign.sent': (cache, id) => {
    soon(cache, keys.campaignStats(id))
    soon(cache, keys.experiment(id))
  },
  'campaign.engaged': (cache, id) => {
    soon(cache, keys.campaignStats(id))
    // what is summed up over campaigns costs more
    for (const key of [keys.campaignReport(id), keys.experiment(id), ['overview']])
      soon(cache, key, 5 * CALM)
  },
  'import.changed': (cache) => {
    void cache.invalidateQueries({ queryKey: keys.imports })
    void cache.invalidateQueries({ queryKey: keys.contacts })
  },
  'import.progress': (cache, id, data) => {
    cache.setQueryData(keys.importProgress(id), data)
    soon(cache, keys.import(id))
  },
}

let opened = false

/** Something was missed: what is shown is read anew, nothing else. */
function missed(cache: QueryClient): void {
  const first = !opened
  opened = true
  void cache.invalidateQueries({
    refetchType: 'active',
    // at first only what may have moved since it was read, a moment ago
    predicate: ({ state }) =>
      !first || underWay.has((state.data as { state?: string } | undefined)?.state ?? ''),
  })
}

export function apply(cache: QueryClient, event: LiveEvent): void {
  if (event.type === 'live.open') {
    if (event.data.resumed === false) missed(cache)
    return
  }
  rules[event.type]?.(cache, event.topic?.split(':')[1] ?? '', event.data)
}
