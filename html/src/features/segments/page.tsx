import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { CircleAlert } from 'lucide-react'
import { useState } from 'react'
import { dateTime, number } from '@/lib/format'
import { t } from '@/lib/i18n'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { FindContact, type Person } from '@/ui/find-contact'
import { Card, Page, PageOf } from '@/ui/page'
import { Empty } from '@/ui/states'
import { type Column, Paged } from '@/ui/table'
import { Ago } from '@/ui/time'
import { Toolbar } from '@/ui/toolbar'
import { Actions } from './actions'
import { members, type Segment, segment, stateOf } from './queries'
import { WhyDialog } from './why'

export function SegmentPage() {
  const { id = '' } = useParams({ strict: false })
  const query = useQuery(segment(id))
  return (
    <PageOf title={t('nav.segments')} query={query}>
      {(data) => <One segment={data} />}
    </PageOf>
  )
}

function One({ segment: s }: { segment: Segment }) {
  return (
    <Page
      title={s.name}
      beside={<Badge {...stateOf(s)} />}
      below={t('segment.madeAt', { at: dateTime(s.created_at) })}
      actions={<Actions segment={s} />}
    >
      {s.problem && (
        <div
          role="status"
          className="flex items-start gap-2 rounded-lg border border-warn bg-surface px-4 py-3"
        >
          <CircleAlert size={16} className="mt-0.5 shrink-0 text-warn" aria-hidden />
          <p className="min-w-0 break-words">{t('segment.problem', { problem: s.problem })}</p>
        </div>
      )}
      <Card>
        <div className="flex flex-wrap items-start gap-x-8 gap-y-3">
          <dl aria-live="polite">
            <dt className="text-ink-2 text-sm">{t('segments.members')}</dt>
            <dd className="font-semibold text-2xl tabular-nums leading-tight">
              {number(s.members)}
            </dd>
          </dl>
          <div className="min-w-0 flex-1 basis-64">
            <h2 className="font-medium text-ink-2 text-sm">{t('segments.who')}</h2>
            <p lang="en" className="mt-0.5 break-words text-md">
              {s.english}
            </p>
          </div>
        </div>
      </Card>
      <Members segment={s} />
    </Page>
  )
}

type Member = { contact_id?: string; email?: string | null; since?: string }

function Members({ segment: s }: { segment: Segment }) {
  const query = useInfiniteQuery(members(s.id, s.members))
  const [asked, setAsked] = useState<Person>()
  const columns: readonly Column<Member>[] = [
    {
      id: 'email',
      header: t('contacts.email'),
      cell: (row) => (
        <Link to="/contacts/$id" params={{ id: row.contact_id ?? '' }} className="font-medium">
          {row.email ?? row.contact_id}
        </Link>
      ),
    },
    {
      id: 'since',
      header: t('segment.sinceWhen'),
      from: 'sm',
      className: 'w-40',
      cell: (row) => <Ago at={row.since} />,
    },
    {
      id: 'why',
      header: t('recipients.reason'),
      className: 'w-24',
      cell: (row) => (
        <Button
          kind="ghost"
          className="-ms-3"
          onClick={() =>
            setAsked({ id: row.contact_id ?? '', label: row.email ?? row.contact_id ?? '' })
          }
        >
          {t('recipients.why')}
        </Button>
      ),
    },
  ]
  return (
    <Card title={t('segments.members')} flush>
      <Toolbar>
        <FindContact label={t('segment.ask')} onFind={setAsked} />
      </Toolbar>
      <Paged
        query={query}
        label={t('segments.members')}
        columns={columns}
        rowKey={(row) => row.contact_id ?? ''}
        total={s.members}
        empty={
          <Empty title={t(s.counting ? 'segment.counting' : 'segment.nobody')}>
            {t('segment.nobodyText')}
          </Empty>
        }
      />
      {asked && <WhyDialog segment={s.id} person={asked} onClose={() => setAsked(undefined)} />}
    </Card>
  )
}
