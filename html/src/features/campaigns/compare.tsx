import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { GitCompareArrows } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { keys } from '@/lib/query-keys'
import { type Cell, saveCsv } from '@/lib/save'
import { Button, buttonClass } from '@/ui/button'
import { Intervals } from '@/ui/chart/intervals'
import { Twin } from '@/ui/chart/twin'
import { Check } from '@/ui/field'
import { Card, Page } from '@/ui/page'
import { Empty, Loaded } from '@/ui/states'
import { Choice } from '@/ui/toolbar'

type Row = Schemas['RollupRow']

const MOST = 6
const measures = ['opened', 'clicked', 'unsubscribed', 'bounced', 'complained'] as const
type Measure = (typeof measures)[number]

/** The campaigns of the last year, those of most messages first. */
const year = () => {
  const until = new Date()
  const since = new Date(until.getTime() - 365 * 86_400_000)
  return queryOptions({
    queryKey: keys.compared,
    queryFn: () =>
      unwrap(
        api.GET('/api/v1/analytics/rollup', {
          params: {
            query: {
              by: 'campaign',
              since: since.toISOString(),
              until: until.toISOString(),
              limit: 200,
            },
          },
        }),
      ),
  })
}

export function ComparePage() {
  const query = useQuery(year())
  return (
    <Page title={t('compare.title')} below={t('compare.below')}>
      <Loaded query={query} skeleton={<div aria-hidden className="skeleton h-96" />}>
        {({ rows, as_of }) =>
          rows.length < 2 ? (
            <Card>
              <Empty
                icon={<GitCompareArrows size={24} aria-hidden />}
                title={t('compare.emptyTitle')}
                action={
                  <Link to="/campaigns" className={buttonClass()}>
                    {t('nav.campaigns')}
                  </Link>
                }
              >
                {t('compare.emptyText')}
              </Empty>
            </Card>
          ) : (
            <Compare rows={rows} asOf={as_of} />
          )
        }
      </Loaded>
    </Page>
  )
}

/** Which are compared stands in the address; at first the two that were largest. */
function useChosen(rows: readonly Row[]) {
  const { ids } = useSearch({ strict: false }) as { ids?: string }
  const set = useNarrow()
  const asked = (
    ids ??
    rows
      .slice(0, 2)
      .map(({ key }) => key)
      .join()
  ).split(',')
  const chosen = rows.filter(({ key }) => asked.includes(key)).slice(0, MOST)
  const toggle = (key: string) => {
    const now = chosen.map((row) => row.key)
    const next = now.includes(key) ? now.filter((one) => one !== key) : [...now, key]
    set({ ids: next.join() || 'none' })
  }
  return [chosen, toggle] as const
}

function Compare({ rows, asOf }: { rows: readonly Row[]; asOf: string }) {
  const [chosen, toggle] = useChosen(rows)
  const { measure = 'clicked' } = useSearch({ strict: false }) as { measure?: Measure }
  const set = useNarrow()
  const names = new Map<string, number>()
  for (const row of chosen) names.set(row.name ?? '', (names.get(row.name ?? '') ?? 0) + 1)
  // two of one name are told by their ids
  const nameOf = (row: Row) =>
    (names.get(row.name ?? '') ?? 0) > 1 ? `${row.name} (${row.key})` : (row.name ?? row.key)
  return (
    <div className="grid items-start gap-gap lg:grid-cols-[280px_minmax(0,1fr)] print:grid-cols-1">
      <Picker rows={rows} chosen={chosen} onToggle={toggle} />
      <div className="flex min-w-0 flex-col gap-gap">
        <Card
          title={t('compare.shares')}
          aside={
            <Choice
              label={t('compare.measure')}
              value={measure}
              options={measures.map((name) => [name, t(`report.share.${name}`)] as const)}
              onChoose={(to) => set({ measure: to })}
            />
          }
        >
          {chosen.length === 0 ? (
            <Empty title={t('compare.none')} />
          ) : (
            <Intervals
              about={{
                label: t(`report.share.${measure}`),
                how: t('report.howShares'),
                n: chosen.reduce((all, { sent }) => all + (sent ?? 0), 0),
                asOf,
              }}
              along={t('campaigns.name')}
              rows={chosen.map((row) => {
                const known = row.shares?.[measure]
                return {
                  key: row.key,
                  name: nameOf(row),
                  part: Math.round((known?.share ?? 0) * (known?.n ?? 0)),
                  n: known?.n ?? row.sent ?? 0,
                  share: known?.share ?? null,
                  interval: known?.interval ?? null,
                }
              })}
            />
          )}
        </Card>
        {chosen.length > 0 && <Beside rows={chosen} nameOf={nameOf} />}
      </div>
    </div>
  )
}

function Picker({
  rows,
  chosen,
  onToggle,
}: {
  rows: readonly Row[]
  chosen: readonly Row[]
  onToggle: (key: string) => void
}) {
  const [text, setText] = useState('')
  const found = rows.filter(({ name, key }) =>
    (name ?? key).toLowerCase().includes(text.trim().toLowerCase()),
  )
  return (
    <div className="print:hidden">
      <Card title={t('compare.which', { most: MOST })}>
        <input
          type="search"
          aria-label={t('campaigns.search')}
          placeholder={t('campaigns.search')}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="field mb-3"
        />
        <ul className="flex max-h-[60vh] flex-col gap-1.5 overflow-y-auto p-0.5">
          {found.map((row) => {
            const on = chosen.includes(row)
            return (
              <li key={row.key}>
                <Check
                  label={row.name ?? row.key}
                  help={t('compare.sent', { n: number(row.sent ?? 0) })}
                  checked={on}
                  disabled={!on && chosen.length >= MOST}
                  onChange={() => onToggle(row.key)}
                />
              </li>
            )
          })}
        </ul>
      </Card>
    </div>
  )
}

/** All the numbers of each, one campaign a row. */
function Beside({ rows, nameOf }: { rows: readonly Row[]; nameOf: (row: Row) => string }) {
  const columns: readonly (readonly [string, (row: Row) => Cell])[] = [
    [t('campaigns.name'), nameOf],
    [t('home.sent'), ({ sent }) => sent],
    [t('monitor.opened'), (row) => row.unique_opens],
    [t('monitor.clicked'), (row) => row.unique_clicks],
    [t('monitor.unsubscribed'), (row) => row.unsubscribes],
    [t('report.bounced'), ({ bounced }) => bounced],
    [t('report.complaints'), ({ complaints }) => complaints],
    [t('home.failed'), ({ failed }) => failed],
  ]
  const cells = rows.map((row) => columns.map(([, of]) => of(row)))
  const label = t('compare.numbers')
  return (
    <Card
      title={label}
      aside={
        <Button
          className="print:hidden"
          onClick={() => saveCsv(t('compare.title'), [columns.map(([name]) => name), ...cells])}
        >
          {t('chart.csv')}
        </Button>
      }
    >
      <Twin about={{ label, head: columns.map(([name]) => ({ name })), rows: cells }} />
    </Card>
  )
}
