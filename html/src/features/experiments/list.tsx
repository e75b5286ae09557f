import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { FlaskConical, Plus } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { pages } from '@/lib/pages'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { Badge, type Tone } from '@/ui/badge'
import { Button, buttonClass } from '@/ui/button'
import { Dialog, DialogActions } from '@/ui/dialog'
import { SelectField } from '@/ui/field'
import { FormDialog } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Loaded, Nothing } from '@/ui/states'
import { type Column, Paged } from '@/ui/table'
import { Ago } from '@/ui/time'
import { Choice, Toolbar } from '@/ui/toolbar'

type Experiment = Schemas['Experiment']

const tones: Record<Experiment['state'], Tone> = {
  none: 'quiet',
  draft: 'quiet',
  sending: 'ok',
  waiting: 'info',
  decided: 'ok',
  cancelled: 'quiet',
}

const experiments = (decided: string | undefined) =>
  pages([...keys.experiments, decided], (cursor) =>
    unwrap(
      api.GET('/api/v1/experiments', {
        params: {
          query: {
            sort: '-id',
            limit: 50,
            cursor,
            ...(decided && { decided: decided === 'true' }),
          },
        },
      }),
    ),
  )

const columns: readonly Column<Experiment>[] = [
  {
    id: 'name',
    header: t('campaigns.name'),
    className: 'sm:w-2/5',
    cell: (row) => (
      <Link
        to="/campaigns/$id"
        params={{ id: row.id }}
        search={{ tab: 'experiment' }}
        className="truncate font-medium"
      >
        {row.name}
      </Link>
    ),
  },
  {
    id: 'state',
    header: t('campaigns.state'),
    className: 'w-36',
    cell: (row) => <Badge tone={tones[row.state]} label={word('experimentState', row.state)} />,
  },
  {
    id: 'winner',
    header: t('experiment.winnerShort'),
    from: 'sm',
    className: 'w-32',
    cell: (row) => row.winner ?? <span className="text-ink-3">–</span>,
  },
  {
    id: 'variants',
    header: t('experiment.variants'),
    from: 'md',
    cell: (row) => row.variants.join(', '),
  },
  {
    id: 'created',
    header: t('campaigns.created'),
    from: 'lg',
    className: 'w-40',
    cell: (row) => <Ago at={row.created_at} />,
  },
]

export function ExperimentList() {
  const { decided } = useSearch({ strict: false }) as { decided?: string }
  const can = useCan()
  const navigate = useNavigate()
  const set = useNarrow()
  const [making, setMaking] = useState(false)
  const query = useInfiniteQuery(experiments(decided))
  const begin = can('campaigns:write') && (
    <Button kind="primary" icon={<Plus size={15} aria-hidden />} onClick={() => setMaking(true)}>
      {t('experiments.new')}
    </Button>
  )
  return (
    <Page title={t('nav.experiments')} full actions={begin}>
      <Card flush>
        <Toolbar>
          <Choice
            label={t('campaigns.state')}
            all={t('campaigns.allStates')}
            value={decided}
            options={[
              ['false', t('experiments.open')],
              ['true', t('experiments.decided')],
            ]}
            onChoose={(to) => set({ decided: to })}
          />
        </Toolbar>
        <Paged
          query={query}
          label={t('nav.experiments')}
          columns={columns}
          rowKey={({ id }) => id}
          onOpen={({ id }) =>
            void navigate({ to: '/campaigns/$id', params: { id }, search: { tab: 'experiment' } })
          }
          empty={
            <Nothing
              filtered={!!decided}
              noMatch={t('experiments.noMatch')}
              onClear={() => set({ decided: '' })}
              icon={<FlaskConical size={24} aria-hidden />}
              title={t('experiments.emptyTitle')}
              action={begin}
            >
              {t('experiments.emptyText')}
            </Nothing>
          }
        />
      </Card>
      {making && <New onClose={() => setMaking(false)} />}
    </Page>
  )
}

const drafts = {
  queryKey: keys.campaignList({ drafts: true }),
  queryFn: () =>
    unwrap(
      api.GET('/api/v1/campaigns', {
        params: { query: { state: 'draft', sort: '-id', limit: 200 } },
      }),
    ),
} as const

/** An experiment is made on a draft: which one? */
function New({ onClose }: { onClose: () => void }) {
  const query = useQuery(drafts)
  const navigate = useNavigate()
  const form = useForm({ id: '' }, async ({ id }) => {
    await navigate({ to: '/campaigns/$id', params: { id }, search: { tab: 'experiment' } })
  })
  const none = query.data?.items.length === 0
  if (!query.data || none)
    return (
      <Dialog title={t('experiments.new')} onClose={onClose}>
        <Loaded query={query}>
          {() => <p className="text-ink-2">{t('experiments.noDraft')}</p>}
        </Loaded>
        <DialogActions>
          <Button onClick={onClose}>{t('action.back')}</Button>
          <Link to="/campaigns/new" className={buttonClass('primary')}>
            {t('campaigns.new')}
          </Link>
        </DialogActions>
      </Dialog>
    )
  return (
    <FormDialog
      title={t('experiments.new')}
      form={form}
      go={t('action.continue')}
      disabled={!form.values.id}
      onClose={onClose}
    >
      <SelectField
        {...form.bind('id')}
        label={t('experiments.draft')}
        help={t('experiments.draftHelp')}
        required
        options={[
          ['', t('experiments.choose')],
          ...query.data.items.map(({ id, name }) => [id, name] as [string, string]),
        ]}
      />
    </FormDialog>
  )
}
