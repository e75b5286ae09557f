import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { FlaskConical, Trophy } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { dateTime, percent } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { capital } from '@/lib/problem'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Intervals } from '@/ui/chart/intervals'
import { Twin } from '@/ui/chart/twin'
import { Confirm } from '@/ui/confirm'
import { Card } from '@/ui/page'
import { Empty, Loaded } from '@/ui/states'
import { ExperimentForm } from './experiment-form'
import { type Campaign, type Experiment, experiment, experimentStates } from './queries'

/** Variants of a campaign: as they are written, then what came of each. */
export function ExperimentPart({ campaign: c }: { campaign: Campaign }) {
  const can = useCan()
  const begun = c.state !== 'draft' && c.state !== 'scheduled'
  const query = useQuery({ ...experiment(c.id), refetchInterval: begun && 15_000 })
  if (c.state === 'draft' && can('campaigns:write')) return <ExperimentForm campaign={c} />
  return (
    <Loaded query={query} skeleton={<div aria-hidden className="skeleton h-72" />}>
      {(data) =>
        data.state === 'none' ? (
          <Card>
            <Empty icon={<FlaskConical size={24} aria-hidden />} title={t('experiment.noneTitle')}>
              {t('experiment.noneText')}
            </Empty>
          </Card>
        ) : (
          <Result data={data} />
        )
      }
    </Loaded>
  )
}

function Result({ data: x }: { data: Experiment }) {
  const verdict = (x.look?.verdict ?? {}) as { why?: string; posterior?: { best: number }[] }
  const opens = x.metric === 'opens'
  const best = leader(x)
  return (
    <>
      <Standing data={x} why={x.winner ? undefined : verdict.why} />
      <Card title={t('experiment.result')}>
        <Intervals
          about={{
            label: t(opens ? 'experiment.opened' : 'experiment.clicked'),
            how: t('experiment.how'),
            n: x.variants.reduce((all, { sent }) => all + sent, 0),
            asOf: x.as_of,
          }}
          along={t('experiment.variant')}
          rows={x.variants.map((v) => ({
            key: v.name,
            name: v.name,
            part: opens ? v.opens : v.clicks,
            n: v.sent,
            share: v.share,
            interval: v.interval,
            best: v.name === best,
          }))}
        />
      </Card>
      <Card title={t('experiment.numbers')}>
        <Twin
          about={{
            label: t('experiment.numbers'),
            head: [
              { name: t('experiment.variant') },
              { name: t('home.sent') },
              { name: t('monitor.opened') },
              { name: t('monitor.clicked') },
              { name: t('monitor.unsubscribed') },
              {
                name: t('experiment.chance'),
                show: (cell) => (typeof cell === 'number' ? percent(cell, 1) : '–'),
              },
            ],
            rows: x.variants.map((v, n) => [
              v.name,
              v.sent,
              v.opens,
              v.clicks,
              v.unsubscribes,
              verdict.posterior?.[n]?.best,
            ]),
          }}
        />
        {verdict.posterior && (
          <p className="mt-3 text-ink-3 text-sm">{t('experiment.chanceHelp')}</p>
        )}
      </Card>
    </>
  )
}

/** Who is ahead, or has won. */
function leader(x: Experiment): string | undefined {
  if (x.winner) return x.winner
  const [first] = [...x.variants].sort((a, b) => (b.share ?? 0) - (a.share ?? 0))
  return first?.share ? first.name : undefined
}

/** What has decided; else it was somebody, who is told by an id. */
const ways = ['decidedBy.rule', 'decidedBy.fallback'] as const

/** How far it is, why, and the verdict by hand. */
function Standing({ data: x, why }: { data: Experiment; why: string | undefined }) {
  const can = useCan()
  const [asked, setAsked] = useState<string>()
  const cache = useQueryClient()
  const decide = useMutation({
    mutationFn: (variant: string) =>
      unwrap(
        api.POST('/api/v1/campaigns/{id}/decide', {
          params: { path: { id: x.id } },
          body: { variant },
        }),
      ),
    onSuccess: (now) => {
      cache.setQueryData(keys.experiment(x.id), now)
      void cache.invalidateQueries({ queryKey: keys.campaigns })
      toast({ kind: 'done', text: t('experiment.decided', { name: now.winner ?? '' }) })
    },
  })
  // it is looked at each minute; that all have got theirs is seen before
  const gone = x.variants.reduce((all, { sent }) => all + sent, 0) >= x.recipients
  const out = x.state === 'waiting' || (x.state === 'sending' && gone && x.recipients > 0)
  const open = out && can('campaigns:write')
  return (
    <Card>
      <div className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          <Badge
            tone={experimentStates[x.state] ?? 'quiet'}
            label={word('experimentState', x.state)}
            pulse={x.state === 'sending'}
          />
          {x.winner && (
            <p className="mt-1.5 flex items-center gap-2 text-lg">
              <Trophy size={18} className="shrink-0 text-accent" aria-hidden />
              {t('experiment.winner', { name: x.winner })}
            </p>
          )}
          <p className="mt-1 text-ink-2">
            {[
              x.winner &&
                t('experiment.decidedAt', {
                  by: t(
                    ways.find((way) => way === `decidedBy.${x.decided_by}`) ?? 'decidedBy.person',
                  ),
                  at: x.decided_at ? dateTime(x.decided_at) : '',
                }),
              x.state === 'waiting' &&
                x.decide_at &&
                t('experiment.until', { at: dateTime(x.decide_at) }),
              why && `${capital(why)}.`,
            ]
              .filter(Boolean)
              .join(' ')}
          </p>
        </div>
        {open && (
          <div className="flex flex-wrap gap-2 print:hidden">
            {x.variants.map(({ name }) => (
              <Button key={name} onClick={() => setAsked(name)}>
                {t('experiment.choose', { name })}
              </Button>
            ))}
          </div>
        )}
      </div>
      {asked && (
        <Confirm
          title={t('experiment.chooseTitle', { name: asked })}
          text={t('experiment.chooseText')}
          go={t('experiment.choose', { name: asked })}
          onClose={() => setAsked(undefined)}
          run={() => decide.mutateAsync(asked)}
        />
      )}
    </Card>
  )
}
