import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { GitCompareArrows, Send } from 'lucide-react'
import { useCallback } from 'react'
import { number, percent } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { useCan } from '@/lib/session'
import { Badge, Tag } from '@/ui/badge'
import { buttonClass } from '@/ui/button'
import { NewLink } from '@/ui/new'
import { Card, Page } from '@/ui/page'
import { Progress } from '@/ui/progress'
import { Nothing } from '@/ui/states'
import { type Column, Paged } from '@/ui/table'
import { Ago } from '@/ui/time'
import { Choice, SearchBox, Toolbar } from '@/ui/toolbar'
import {
  type Campaign,
  type CampaignState,
  campaignPages,
  isMail,
  passed,
  states,
  stats,
  underWay,
} from './queries'

const columns: readonly Column<Campaign>[] = [
  {
    id: 'name',
    header: t('campaigns.name'),
    className: 'sm:w-2/5',
    cell: (row) => (
      <span className="flex min-w-0 items-center gap-2">
        <Link to="/campaigns/$id" params={{ id: row.id }} className="truncate font-medium">
          {row.name}
        </Link>
        {!isMail(row.channel) && <Tag label={word('channel', row.channel ?? '')} />}
        {row.test && <Tag label={t('campaign.test')} />}
      </span>
    ),
  },
  {
    id: 'state',
    header: t('campaigns.state'),
    className: 'w-32',
    cell: (row) => (
      <Badge
        tone={states[row.state]}
        label={word('campaignState', row.state)}
        pulse={underWay.has(row.state)}
      />
    ),
  },
  {
    id: 'progress',
    header: t('campaigns.progress'),
    from: 'md',
    cell: (row) => <Along row={row} />,
  },
  {
    id: 'started',
    header: t('campaigns.started'),
    from: 'sm',
    className: 'w-40',
    cell: (row) => <Ago at={row.started_at ?? row.due_at} />,
  },
  {
    id: 'created',
    header: t('campaigns.created'),
    from: 'lg',
    className: 'w-40',
    cell: (row) => <Ago at={row.created_at} />,
  },
]

/** How far one is that is under way; what stands is not asked for. */
function Along({ row }: { row: Campaign }) {
  const moving = underWay.has(row.state) || row.state === 'paused'
  const { data } = useQuery({ ...stats(row.id), enabled: moving })
  if (row.problem) return <span className="text-warn">{row.problem}</span>
  if (!moving || !data) return <span className="text-ink-3">–</span>
  const done = passed(data)
  return (
    <div className="flex items-center gap-3">
      <div className="flex-1">
        <Progress
          label={t('campaign.progressOf', { name: row.name })}
          whole={data.audience}
          parts={[{ value: done, tone: 'ok', label: 'done' }]}
        />
      </div>
      <span
        className="w-14 text-end tabular-nums"
        title={`${number(done)} / ${number(data.audience)}`}
      >
        {percent(done, data.audience)}
      </span>
    </div>
  )
}

export function CampaignList() {
  const { q, state } = useSearch({ strict: false }) as { q?: string; state?: CampaignState }
  const can = useCan()
  const navigate = useNavigate()
  const query = useInfiniteQuery(campaignPages({ q, state }))
  const set = useNarrow()
  const onSearch = useCallback((text: string) => set({ q: text }), [set])

  return (
    <Page
      title={t('nav.campaigns')}
      full
      actions={
        <>
          {can('analytics:read') && (
            <Link to="/campaigns/compare" className={buttonClass()}>
              <GitCompareArrows size={15} aria-hidden />
              {t('compare.go')}
            </Link>
          )}
          <NewLink to="/campaigns/new" needs="campaigns:write" label={t('campaigns.new')} />
        </>
      }
    >
      <Card flush>
        <Toolbar>
          <SearchBox value={q ?? ''} label={t('campaigns.search')} onSearch={onSearch} />
          <Choice
            label={t('campaigns.state')}
            all={t('campaigns.allStates')}
            value={state}
            options={Object.keys(states).map(
              (name) => [name, word('campaignState', name)] as const,
            )}
            onChoose={(to) => set({ state: to })}
          />
        </Toolbar>
        <Paged
          query={query}
          label={t('nav.campaigns')}
          columns={columns}
          rowKey={({ id }) => id}
          onOpen={({ id }) => void navigate({ to: '/campaigns/$id', params: { id } })}
          empty={
            <Nothing
              filtered={!!q || !!state}
              noMatch={t('campaigns.noMatch')}
              onClear={() => set({ q: '', state: '' })}
              icon={<Send size={24} aria-hidden />}
              title={t('campaigns.emptyTitle')}
              action={
                <NewLink to="/campaigns/new" needs="campaigns:write" label={t('campaigns.new')} />
              }
            >
              {t('campaigns.emptyText')}
            </Nothing>
          }
        />
      </Card>
    </Page>
  )
}
