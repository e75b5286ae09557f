import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Check, Circle } from 'lucide-react'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { number, percent } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan, useSession } from '@/lib/session'
import { Badge, type Tone } from '@/ui/badge'
import { Bars } from '@/ui/bars'
import { Numbers } from '@/ui/numbers'
import { Card, Page } from '@/ui/page'
import { Empty, Listed, Loaded } from '@/ui/states'
import { Ago } from '@/ui/time'

const DAY = 86_400_000
const ranges = ['7', '30', '90'] as const

/** The last days until a time, in UTC, also those on which nothing happened. */
const everyDay = (until: string, days: number): string[] =>
  Array.from({ length: days }, (_, n) =>
    new Date(Date.parse(until) - (days - 1 - n) * DAY).toISOString().slice(0, 10),
  )

function useOverview(days: number, enabled: boolean) {
  return useQuery({
    queryKey: keys.overview(days),
    enabled,
    refetchInterval: 60_000,
    queryFn: () => {
      const until = new Date()
      const since = new Date(until.getTime() - days * DAY)
      return unwrap(
        api.GET('/api/v1/analytics/rollup', {
          params: {
            query: {
              by: 'day',
              since: since.toISOString(),
              until: until.toISOString(),
              limit: 366,
            },
          },
        }),
      )
    },
  })
}

function useRecent() {
  return useQuery({
    queryKey: keys.campaignList({ recent: 6 }),
    queryFn: () =>
      unwrap(api.GET('/api/v1/campaigns', { params: { query: { sort: '-id', limit: 6 } } })),
  })
}

export function HomePage() {
  const { workspace } = useSession()
  const can = useCan()
  const { days = '30' } = useSearch({ strict: false }) as { days?: string }
  const navigate = useNavigate()
  return (
    <Page
      title={t('home.title')}
      below={workspace.name}
      actions={
        <select
          aria-label={t('home.range')}
          className="field w-auto"
          value={days}
          onChange={(event) =>
            void navigate({ to: '.', search: { days: event.target.value }, replace: true })
          }
        >
          {ranges.map((n) => (
            <option key={n} value={n}>
              {t('home.days', { count: Number(n) })}
            </option>
          ))}
        </select>
      }
    >
      {can('analytics:read') && <Engagement days={Number(days) || 30} />}
      {can('campaigns:read') && <Recent />}
    </Page>
  )
}

function Engagement({ days }: { days: number }) {
  const query = useOverview(days, true)
  return (
    <Card title={t('home.engagement')}>
      <Loaded query={query} skeleton={<div aria-hidden className="skeleton h-64" />}>
        {({ total, rows, until }) => {
          const sent = total.sent ?? 0
          const share = (n: number | null) => t('monitor.share', { share: percent(n ?? 0, sent) })
          return (
            <>
              <Numbers
                figures={[
                  { label: t('home.sent'), value: number(sent) },
                  { label: t('monitor.opens'), value: number(total.opens ?? 0) },
                  { label: t('monitor.clicks'), value: number(total.clicks ?? 0) },
                  {
                    label: t('monitor.unsubscribed'),
                    value: number(total.unsubscribes ?? 0),
                    note: share(total.unsubscribes),
                  },
                  {
                    label: t('home.failed'),
                    value: number(total.failed ?? 0),
                    note: share(total.failed),
                  },
                ]}
              />
              <Bars
                label={t('home.byDay')}
                rows={everyDay(until, days).map((key) => {
                  const row = rows.find((one) => one.key === key)
                  return { key, a: row?.opens ?? 0, b: row?.clicks ?? 0 }
                })}
                names={[t('monitor.opens'), t('monitor.clicks')]}
              />
            </>
          )
        }}
      </Loaded>
    </Card>
  )
}

const tones: Record<string, Tone> = {
  running: 'ok',
  finishing: 'ok',
  preparing: 'info',
  scheduled: 'info',
  paused: 'warn',
  failed: 'bad',
}

function Recent() {
  const query = useRecent()
  return (
    <Card
      title={t('home.recent')}
      flush
      aside={
        <Link to="/campaigns" className="text-accent hover:underline">
          {t('home.all')}
        </Link>
      }
    >
      <Listed query={query} empty={<Steps />}>
        {(row) => (
          <li
            key={row.id}
            className="flex min-h-row items-center gap-3 border-line border-b px-4 last:border-0"
          >
            <Link
              to="/campaigns/$id"
              params={{ id: row.id }}
              className="min-w-0 flex-1 truncate font-medium hover:underline"
            >
              {row.name}
            </Link>
            <Badge tone={tones[row.state] ?? 'quiet'} label={word('campaignState', row.state)} />
            <span className="w-28 text-end text-ink-3 text-sm max-sm:hidden">
              <Ago at={row.started_at ?? row.created_at} />
            </span>
          </li>
        )}
      </Listed>
    </Card>
  )
}

/** What to do first, where there is nothing yet. */
function Steps() {
  const steps = [
    [true, t('home.step.in'), '/'],
    [false, t('home.step.contacts'), '/imports'],
    [false, t('home.step.campaign'), '/campaigns/new'],
    [false, t('home.step.team'), '/settings/members'],
  ] as const
  return (
    <Empty title={t('home.emptyTitle')}>
      <ul className="mt-2 flex flex-col gap-2 text-start">
        {steps.map(([done, label, to]) => (
          <li key={label} className="flex items-center gap-2">
            {done ? (
              <Check size={16} className="text-ok" aria-hidden />
            ) : (
              <Circle size={16} className="text-ink-3" aria-hidden />
            )}
            {done ? (
              label
            ) : (
              <Link to={to} className="text-accent hover:underline">
                {label}
              </Link>
            )}
          </li>
        ))}
      </ul>
    </Empty>
  )
}
