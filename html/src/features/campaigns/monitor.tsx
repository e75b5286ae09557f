import { useQuery } from '@tanstack/react-query'
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { duration, number, percent } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { cx } from '@/ui/cx'
import { Numbers } from '@/ui/numbers'
import { Card } from '@/ui/page'
import { Progress } from '@/ui/progress'
import { Empty, Loaded } from '@/ui/states'
import { type Column, Table } from '@/ui/table'
import { Ago } from '@/ui/time'
import {
  type Campaign,
  isMail,
  links,
  passed,
  type Stats,
  sendStates,
  stats,
  underWay,
} from './queries'
import { useRate } from './rate'

export function Monitor({ campaign }: { campaign: Campaign }) {
  const moving = underWay.has(campaign.state)
  // events move it; where none come through, or one was lost, it is read again
  const query = useQuery({ ...stats(campaign.id), refetchInterval: moving && 5000 })
  const begun = !['draft', 'scheduled'].includes(campaign.state)
  if (!begun) return <Before campaign={campaign} />
  return (
    <>
      <Loaded query={query} skeleton={<div aria-hidden className="skeleton h-72" />}>
        {(data) => (
          <>
            <Sending stats={data} moving={moving} at={query.dataUpdatedAt} />
            <Engagement stats={data} mail={isMail(campaign.channel)} />
          </>
        )}
      </Loaded>
      <Links id={campaign.id} />
    </>
  )
}

function Before({ campaign }: { campaign: Campaign }) {
  return (
    <Card>
      <Empty title={t('campaign.beforeTitle')}>
        {t(campaign.state === 'draft' ? 'campaign.beforeDraft' : 'campaign.beforeScheduled')}
      </Empty>
    </Card>
  )
}

const shown = [
  'sent',
  'queued',
  'in_flight',
  'failed',
  'suppressed',
  'invalid',
  'not_rendered',
  'uncertain',
] as const

function Sending({ stats: s, moving, at }: { stats: Stats; moving: boolean; at: number }) {
  const done = passed(s)
  const rate = useRate(moving ? done : undefined, at)
  const wrong = s.failed + s.invalid + s.not_rendered
  return (
    <Card
      title={t('monitor.sending')}
      aside={
        <span className="text-ink-2 text-sm tabular-nums">
          {moving && rate !== undefined && rate > 0 && (
            <>
              {t('monitor.rate', { rate: number(Math.round(rate)) })}
              {' · '}
              {t('monitor.left', { time: duration((s.audience - done) / rate) })}
            </>
          )}
        </span>
      }
    >
      <div className="mb-2 flex items-baseline gap-2">
        <span className="font-semibold text-2xl tabular-nums">{percent(done, s.audience)}</span>
        <span className="text-ink-2 tabular-nums">
          {t('monitor.of', { done: number(done), all: number(s.audience) })}
        </span>
      </div>
      <Progress
        label={t('monitor.sending')}
        whole={s.audience}
        parts={[
          { value: s.sent, tone: 'ok', label: 'sent' },
          { value: s.suppressed + s.uncertain, tone: 'warn', label: 'suppressed' },
          { value: wrong, tone: 'bad', label: 'failed' },
        ]}
      />
      <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-2 sm:grid-cols-4">
        {shown.map((state) => (
          <div
            key={state}
            className="flex items-baseline justify-between gap-2 border-line border-b pb-1"
          >
            <dt className="flex items-center gap-1.5 text-ink-2 text-sm">
              <Dot state={state} />
              {word('sendState', state)}
            </dt>
            <dd className="tabular-nums">{number(s[state])}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

const dots = {
  ok: 'text-ok',
  warn: 'text-warn',
  bad: 'text-bad',
  info: 'text-info',
  quiet: 'text-ink-3',
}

function Dot({ state }: { state: (typeof shown)[number] }) {
  return (
    <span
      aria-hidden
      className={`size-2 rounded-full bg-current ${dots[sendStates[state] ?? 'quiet']}`}
    />
  )
}

function Engagement({ stats: s, mail }: { stats: Stats; mail: boolean }) {
  const of = (n: number) => t('monitor.share', { share: percent(n, s.sent) })
  const raw = (n: number) => t('monitor.raw', { n: number(n) })
  const opened = mail
    ? [{ label: t('monitor.opened'), value: number(s.unique_opens), note: of(s.unique_opens) }]
    : []
  const opens = mail
    ? [{ label: t('monitor.opens'), value: number(s.opens), note: raw(s.all.opens) }]
    : []
  return (
    <Card
      title={t('monitor.engagement')}
      aside={
        <span className="text-ink-3 text-sm">
          {t('monitor.asOf')} <Ago at={s.as_of} />
        </span>
      }
    >
      <Numbers
        figures={[
          ...opened,
          {
            label: t('monitor.clicked'),
            value: number(s.unique_clicks),
            note: of(s.unique_clicks),
          },
          {
            label: t('monitor.unsubscribed'),
            value: number(s.unsubscribes),
            note: of(s.unsubscribes),
          },
          ...opens,
          {
            label: t('monitor.clicks'),
            value: number(s.clicks),
            note: raw(s.all.clicks),
          },
        ]}
      />
      <p className="mt-4 text-ink-3 text-sm">{t('monitor.how')}</p>
    </Card>
  )
}

type LinkRow = {
  index?: number
  url?: string
  name?: string | null
  clicks?: number
  unique_clicks?: number
}

const columns: readonly Column<LinkRow>[] = [
  {
    id: 'url',
    header: t('links.url'),
    cell: (row) => <span title={row.url}>{row.name ?? row.url}</span>,
  },
  {
    id: 'people',
    header: t('links.people'),
    end: true,
    className: 'w-24',
    cell: (row) => number(row.unique_clicks ?? 0),
  },
  {
    id: 'clicks',
    header: t('links.clicks'),
    end: true,
    className: 'w-24',
    cell: (row) => number(row.clicks ?? 0),
  },
]

/** Counting them goes through all clicks: it is done for who wants to see them. */
function Links({ id }: { id: string }) {
  const [open, setOpen] = useState(false)
  const query = useQuery({ ...links(id), enabled: open })
  return (
    <details
      className="min-w-0 rounded-lg border border-line bg-surface"
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className="flex min-h-11 cursor-pointer items-center gap-2 rounded-lg px-4 font-semibold text-md hover:bg-hover">
        <ChevronRight
          size={16}
          aria-hidden
          className={cx('shrink-0 text-ink-3', open ? 'rotate-90' : 'rtl:rotate-180')}
        />
        {t('links.title')}
      </summary>
      {open && (
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={t('links.none')} />
            ) : (
              <Table
                label={t('links.title')}
                columns={columns}
                rows={[...items].sort((a, b) => (b.clicks ?? 0) - (a.clicks ?? 0))}
                rowKey={({ index }) => String(index)}
              />
            )
          }
        </Loaded>
      )}
    </details>
  )
}
