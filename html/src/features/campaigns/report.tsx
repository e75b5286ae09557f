import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Printer, RefreshCw } from 'lucide-react'
import { course, instant, placed, type Step } from '@/lib/course'
import { day, hour, number, percent } from '@/lib/format'
import { t } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { Button } from '@/ui/button'
import { Domains } from '@/ui/chart/domains'
import { Intervals } from '@/ui/chart/intervals'
import { Ranks } from '@/ui/chart/ranks'
import { Trend } from '@/ui/chart/trend'
import { Numbers } from '@/ui/numbers'
import { Card } from '@/ui/page'
import { Empty, Loaded } from '@/ui/states'
import { Choice } from '@/ui/toolbar'
import { type Campaign, type Report as Data, isMail, report, useWorkOut } from './queries'

/** What came of it, to be read, printed and taken along. */
export function Report({ campaign: c }: { campaign: Campaign }) {
  // it is worked out each minute, and nothing tells of that
  const query = useQuery({ ...report(c.id), enabled: !!c.started_at, refetchInterval: 60_000 })
  const mail = isMail(c.channel)
  if (!c.started_at)
    return (
      <Card>
        <Empty title={t('campaign.beforeTitle')}>{t('report.before')}</Empty>
      </Card>
    )
  return (
    <Loaded query={query} skeleton={<div aria-hidden className="skeleton h-96" />}>
      {(data) => (
        <>
          <Result data={data} mail={mail} />
          <Over data={data} mail={mail} />
          <div className="grid gap-gap lg:grid-cols-2 print:grid-cols-1">
            <Shares data={data} mail={mail} />
            <Way data={data} mail={mail} />
          </div>
          {mail && <Taken data={data} />}
          <Links data={data} />
        </>
      )}
    </Loaded>
  )
}

type Part = { data: Data; mail: boolean }

const went = (mail: boolean) => t(mail ? 'home.sent' : 'report.requests')

function Result({ data: { id, stats: s, total, worked_out_at }, mail }: Part) {
  const again = useWorkOut(id)
  const of = (n: number) => t('monitor.share', { share: percent(n, s.sent) })
  const figures = [
    [t('report.audience'), s.audience],
    [went(mail), s.sent, t('report.ofAudience', { share: percent(s.sent, s.audience) })],
    ...(mail ? ([[t('monitor.opened'), s.unique_opens, of(s.unique_opens)]] as const) : []),
    [t('monitor.clicked'), s.unique_clicks, of(s.unique_clicks)],
    [t('monitor.unsubscribed'), s.unsubscribes, of(s.unsubscribes)],
    ...(mail
      ? ([
          [t('report.bounced'), total.bounced, of(total.bounced ?? 0)],
          [t('report.complaints'), total.complaints, of(total.complaints ?? 0)],
        ] as const)
      : []),
  ] as const
  return (
    <Card
      title={t('report.result')}
      aside={
        <span className="flex gap-2 print:hidden">
          <Button
            icon={<RefreshCw size={15} aria-hidden />}
            busy={again.isPending}
            title={t('report.refreshHelp')}
            onClick={() => again.mutate()}
          >
            {t('report.refresh')}
          </Button>
          <Button icon={<Printer size={15} aria-hidden />} onClick={() => print()}>
            {t('report.print')}
          </Button>
        </span>
      }
    >
      <Numbers
        figures={figures.map(([label, value, note]) => ({
          label,
          value: value === null ? '–' : number(value),
          note,
        }))}
      />
      <p className="mt-4 text-ink-3 text-sm">
        {t('monitor.how')} {!worked_out_at && t('report.notYet')}
      </p>
    </Card>
  )
}

/** The first three days by hour, the rest by day. */
function Over({ data, mail }: Part) {
  const { by } = useSearch({ strict: false }) as { by?: Step }
  const set = useNarrow()
  const step: Step = by ?? (data.days.length > 3 ? 'day' : 'hour')
  const rows = step === 'day' ? data.days : data.hours
  const first = rows[0]
  const last = rows.at(-1)
  return (
    <Card
      title={t('report.over')}
      aside={
        <span className="print:hidden">
          <Choice
            label={t('report.step')}
            value={step}
            options={[
              ['hour', t('report.byHour')],
              ['day', t('report.byDay')],
            ]}
            onChoose={(to) => set({ by: to })}
          />
        </span>
      }
    >
      {first && last ? (
        <Course step={step} from={first.key} to={last.key} data={data} mail={mail} />
      ) : (
        <Empty title={t('report.quiet')}>{t('report.notYet')}</Empty>
      )}
    </Card>
  )
}

type Along = Part & { step: Step; from: string; to: string }

function Course({ step, from, to, data, mail }: Along) {
  const keys = course(from, to, step)
  const told = placed(keys, step === 'day' ? data.days : data.hours)
  return (
    <Trend
      about={{
        label: t(mail ? 'report.overTime' : 'report.requestsOverTime'),
        how: t('report.howTime'),
        asOf: data.worked_out_at,
      }}
      along={t(step === 'day' ? 'chart.day' : 'chart.hour')}
      keys={keys}
      show={(key) => (step === 'day' ? day(key) : hour(instant(key)))}
      series={[
        { name: went(mail), values: told.map((row) => row?.sent ?? 0) },
        ...(mail ? [{ name: t('monitor.opens'), values: told.map((row) => row?.opens ?? 0) }] : []),
        { name: t('monitor.clicks'), values: told.map((row) => row?.clicks ?? 0) },
      ]}
    />
  )
}

const ofMail = new Set<string>(['opened', 'bounced', 'complained'])
const shares = ['opened', 'clicked', 'unsubscribed', 'bounced', 'complained'] as const

function Shares({ data: { stats, total, as_of }, mail }: Part) {
  const rows = shares.flatMap((name) => {
    const known = total.shares?.[name]
    if (!known || (!mail && ofMail.has(name))) return []
    const { n, share, interval } = known
    return [
      {
        key: name,
        name: t(`report.share.${name}`),
        part: Math.round(share * n),
        n,
        share,
        interval,
      },
    ]
  })
  return (
    <Card title={t('report.shares')}>
      {rows.length === 0 ? (
        <Empty title={t('report.quiet')} />
      ) : (
        <Intervals
          about={{
            label: t('report.sharesOf'),
            how: t('report.howShares'),
            n: stats.sent,
            asOf: as_of,
          }}
          along={t('report.what')}
          rows={rows}
        />
      )}
    </Card>
  )
}

function Way({ data: { stats: s }, mail }: Part) {
  const steps = [
    ['audience', t('report.audience'), s.audience],
    ['sent', went(mail), s.sent],
    ...(mail ? ([['opened', t('monitor.opened'), s.unique_opens]] as const) : []),
    ['clicked', t('monitor.clicked'), s.unique_clicks],
  ] as const
  return (
    <Card title={t('report.way')}>
      <Ranks
        about={{ label: t('report.wayOf'), how: t('report.howWay'), n: s.audience, asOf: s.as_of }}
        along={t('report.what')}
        parts={[{ name: t('chart.people'), tone: 'one' }]}
        rows={steps.map(([key, name, n]) => ({
          key,
          name,
          values: [n],
          note: percent(n, s.audience),
        }))}
      />
    </Card>
  )
}

function Taken({ data: { domains, worked_out_at } }: { data: Data }) {
  return (
    <Card title={t('report.domains')}>
      {domains.length === 0 ? (
        <Empty title={t('report.quiet')}>{t('report.notYet')}</Empty>
      ) : (
        <Domains
          label={t('report.domainsOf')}
          rows={domains}
          asOf={worked_out_at}
          how={t('report.howDomains')}
        />
      )}
    </Card>
  )
}

function Links({ data: { links, stats, worked_out_at } }: { data: Data }) {
  if (links.length === 0) return null
  const rows = [...links].sort((a, b) => (b.unique_clicks ?? 0) - (a.unique_clicks ?? 0))
  return (
    <Card title={t('links.title')}>
      <Ranks
        about={{
          label: t('report.linksOf'),
          how: t('report.howLinks'),
          n: stats.sent,
          asOf: worked_out_at,
          head: [
            { name: t('links.url') },
            { name: t('links.people') },
            { name: t('links.clicks') },
          ],
          rows: rows.map((row) => [row.key, row.unique_clicks, row.clicks]),
        }}
        along={t('links.url')}
        parts={[{ name: t('links.people'), tone: 'one' }]}
        rows={rows.slice(0, 12).map((row) => ({
          key: row.key,
          name: row.key,
          values: [row.unique_clicks ?? 0],
          note: percent(row.unique_clicks ?? 0, stats.sent),
        }))}
      />
    </Card>
  )
}
