import { queryOptions, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Check, Circle } from 'lucide-react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { course, placed } from '@/lib/course'
import { day, number, percent } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan, useSession } from '@/lib/session'
import { Badge, type Tone } from '@/ui/badge'
import { Domains } from '@/ui/chart/domains'
import { Trend } from '@/ui/chart/trend'
import { Demo } from '@/ui/demo'
import { Numbers } from '@/ui/numbers'
import { Card, Page } from '@/ui/page'
import { Empty, Listed, Loaded } from '@/ui/states'
import { Ago } from '@/ui/time'

const DAY = 86_400_000
const LATEST = 6
const ranges = ['7', '30', '90'] as const

/** Of the last days: numbers by day, and by who takes the mail. */
function useOverview(days: number) {
  return useQuery({
    queryKey: keys.overview(days),
    refetchInterval: 60_000,
    queryFn: () => {
      const until = new Date()
      const since = new Date(until.getTime() - days * DAY)
      return unwrap(
        api.GET('/api/v1/analytics/rollup', {
          params: {
            query: {
              by: 'day',
              also: 'domain',
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

const recently = queryOptions({
  queryKey: keys.campaignList({ recent: LATEST }),
  queryFn: () =>
    unwrap(api.GET('/api/v1/campaigns', { params: { query: { sort: '-id', limit: LATEST } } })),
})

export function HomePage() {
  const { workspace } = useSession()
  const can = useCan()
  const { days = '30' } = useSearch({ strict: false }) as { days?: string }
  const navigate = useNavigate()
  const recent = useQuery({ ...recently, enabled: can('campaigns:read') })
  // where nothing was sent there is nothing to measure
  const rows = recent.data?.items
  const fresh = rows && rows.length < LATEST && rows.every(({ state }) => state === 'draft')
  const counted = can('analytics:read') && !fresh
  return (
    <Page
      title={t('home.title')}
      below={workspace.name}
      actions={
        counted && (
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
        )
      }
    >
      {counted && <Engagement days={Number(days) || 30} />}
      {counted && <Deliverability days={Number(days) || 30} />}
      {can('campaigns:read') && <Recent query={recent} />}
    </Page>
  )
}

function Engagement({ days }: { days: number }) {
  const query = useOverview(days)
  return (
    <Card title={t('home.engagement')}>
      <Loaded query={query} skeleton={<div aria-hidden className="skeleton h-64" />}>
        {({ total, rows, until, worked_out_at }) => {
          const last = Date.parse(until)
          const every = course(last - (days - 1) * DAY, last, 'day')
          const told = placed(every, rows)
          const sent = total.sent ?? 0
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
                    note: t('monitor.share', { share: percent(total.unsubscribes ?? 0, sent) }),
                  },
                ]}
              />
              <div className="mt-6">
                <Trend
                  about={{
                    label: t('home.byDay'),
                    how: t('home.howDay'),
                    n: sent,
                    asOf: worked_out_at,
                  }}
                  along={t('chart.day')}
                  keys={every}
                  show={day}
                  series={[
                    { name: t('monitor.opens'), values: told.map((row) => row?.opens ?? 0) },
                    { name: t('monitor.clicks'), values: told.map((row) => row?.clicks ?? 0) },
                  ]}
                />
              </div>
            </>
          )
        }}
      </Loaded>
    </Card>
  )
}

/** How the mail of this time is taken, by who takes it. */
function Deliverability({ days }: { days: number }) {
  const query = useOverview(days)
  return (
    <Card title={t('home.deliverability')}>
      <Loaded query={query} skeleton={<div aria-hidden className="skeleton h-40" />}>
        {({ also }) =>
          !also?.rows.length ? (
            <Empty title={t('home.noDomains')}>{t('home.noDomainsText')}</Empty>
          ) : (
            <Domains
              label={t('home.domains')}
              rows={also.rows}
              asOf={also.worked_out_at}
              how={t('home.howDomains')}
            />
          )
        }
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

function Recent({ query }: { query: UseQueryResult<{ items: Schemas['Campaign'][] }> }) {
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
  const can = useCan()
  const steps = [
    [true, t('home.step.in'), '/', ''],
    [false, t('home.step.setup'), '/setup', 'workspaces:write'],
    [false, t('home.step.contacts'), '/imports', 'contacts:write'],
    [false, t('home.step.campaign'), '/campaigns/new', 'campaigns:write'],
    [false, t('home.step.team'), '/settings/members', 'members:write'],
  ] as const
  return (
    <Empty title={t('home.emptyTitle')}>
      <ul className="mt-2 flex flex-col gap-2 text-start">
        {steps
          .filter(([, , , needs]) => !needs || can(needs))
          .map(([done, label, to]) => (
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
      {can('workspaces:write') && (
        <div className="mt-6 text-start">
          <Demo />
        </div>
      )}
    </Empty>
  )
}
