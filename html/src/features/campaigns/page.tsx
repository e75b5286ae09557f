import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { CircleAlert, CirclePause } from 'lucide-react'
import { lazy, type ReactNode, Suspense } from 'react'
import { dateTime } from '@/lib/format'
import { type Key, t, word } from '@/lib/i18n'
import { capital } from '@/lib/problem'
import { useCan } from '@/lib/session'
import { Badge, Tag } from '@/ui/badge'
import { Page, PageOf } from '@/ui/page'
import { Tabs } from '@/ui/tabs'
import { Actions } from './actions'
import { Content } from './content'
import { Monitor } from './monitor'
import { type Campaign, campaign, states, underWay } from './queries'
import { Recipients } from './recipients'

type Part = (props: { campaign: Campaign }) => ReactNode
const parts: Record<string, { label: Key; part: Part; needs?: string }> = {
  overview: { label: 'campaign.tab.overview', part: Monitor },
  report: {
    label: 'campaign.tab.report',
    part: lazy(() => import('./report').then(({ Report }) => ({ default: Report }))),
    needs: 'analytics:read',
  },
  recipients: { label: 'campaign.tab.recipients', part: Recipients },
  experiment: {
    label: 'campaign.tab.experiment',
    part: lazy(() =>
      import('./experiment').then(({ ExperimentPart }) => ({ default: ExperimentPart })),
    ),
  },
  content: { label: 'campaign.tab.content', part: Content },
}

export function CampaignPage() {
  const { id = '' } = useParams({ strict: false })
  const query = useQuery(campaign(id))
  return (
    <PageOf title={t('nav.campaigns')} query={query}>
      {(data) => <One campaign={data} />}
    </PageOf>
  )
}

function One({ campaign: c }: { campaign: Campaign }) {
  const { tab } = useSearch({ strict: false }) as { tab?: string }
  const can = useCan()
  const navigate = useNavigate()
  const tabs = Object.entries(parts)
    .filter(([, { needs }]) => !needs || can(needs))
    .map(([name, { label }]) => [name, t(label)] as const)
  const current = tabs.find(([name]) => name === tab)?.[0] ?? 'overview'
  const Part = parts[current]?.part ?? Monitor
  return (
    <Page
      title={c.name}
      beside={
        <>
          <Badge
            tone={states[c.state]}
            label={word('campaignState', c.state)}
            pulse={underWay.has(c.state)}
          />
          {c.test && <Tag label={t('campaign.test')} />}
        </>
      }
      below={<When campaign={c} />}
      actions={<Actions campaign={c} />}
    >
      <Notice campaign={c} />
      <Tabs
        label={c.name}
        tabs={tabs}
        current={current}
        onChoose={(to) => void navigate({ to: '.', search: { tab: to }, replace: true })}
      />
      <Suspense fallback={<div aria-hidden className="skeleton h-72" />}>
        <Part campaign={c} />
      </Suspense>
    </Page>
  )
}

function When({ campaign: c }: { campaign: Campaign }) {
  if (c.finished_at) return t('campaign.finishedAt', { at: dateTime(c.finished_at) })
  if (c.started_at) return t('campaign.startedAt', { at: dateTime(c.started_at) })
  if (c.due_at) return t('campaign.dueAt', { at: dateTime(c.due_at) })
  return t('campaign.createdAt', { at: dateTime(c.created_at) })
}

/** What keeps it from going on, and who has stopped it. */
function Notice({ campaign: c }: { campaign: Campaign }) {
  if (c.paused) {
    const by = c.paused.by === 'system' ? t('campaign.bySystem') : t('campaign.byPerson')
    return (
      <Line icon={<CirclePause size={16} aria-hidden />}>
        {t('campaign.paused', { by, at: dateTime(c.paused.at) })}
        {c.paused.reason && ` ${capital(c.paused.reason)}.`}
      </Line>
    )
  }
  if (!c.problem) return null
  return <Line icon={<CircleAlert size={16} aria-hidden />}>{capital(c.problem)}</Line>
}

function Line({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <div
      role="status"
      className="flex items-start gap-2 rounded-lg border border-warn bg-surface px-4 py-3"
    >
      <span className="mt-0.5 text-warn">{icon}</span>
      <p className="min-w-0 break-words">{children}</p>
    </div>
  )
}
