import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { choices } from '@/lib/choices'
import { api } from '@/lib/client'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { sentence } from '@/lib/problem'
import { keys } from '@/lib/query-keys'
import { useSession } from '@/lib/session'
import { Button } from '@/ui/button'
import { SelectField, TextField } from '@/ui/field'
import { Wrong } from '@/ui/form'
import { Preflight } from '@/ui/preflight'
import { Progress } from '@/ui/progress'
import { Empty, Loaded } from '@/ui/states'
import { mailbox } from './letter'
import { StepForm, type StepProps } from './step'

/** A letter, a list, one who writes: and off it goes. */
export function CampaignStep(props: StepProps) {
  const [id, setId] = useState<string>()
  const [going, setGoing] = useState(false)
  if (id && going) return <Going {...props} id={id} />
  if (id) return <Check id={id} onSkip={props.onSkip} onGone={() => setGoing(true)} />
  return <Parts {...props} onMade={setId} />
}

/** All that it is made of has to be there. */
function Parts(props: StepProps & { onMade: (id: string) => void }) {
  return (
    <Loaded query={useQuery(choices)}>
      {({ templates, lists, domain }) =>
        templates.length === 0 || lists.length === 0 ? (
          <Missing />
        ) : (
          <Make {...props} mails={templates} known={lists} domain={domain} />
        )
      }
    </Loaded>
  )
}

function Missing() {
  return (
    <Empty title={t('setup.partsMissing')}>
      <Link to="/setup" search={{ step: 'message' }} className="text-accent underline">
        {t('setup.step.message')}
      </Link>
      {' · '}
      <Link to="/setup" search={{ step: 'contacts' }} className="text-accent underline">
        {t('setup.step.contacts')}
      </Link>
    </Empty>
  )
}

type Named = { id: string; name: string }
const options = (items: readonly Named[]) =>
  items.map(({ id, name }) => [id, name] as [string, string])

type MakeProps = StepProps & {
  mails: readonly Named[]
  known: readonly Named[]
  domain: string | null
  onMade: (id: string) => void
}

function Make({ mails, known, domain, onMade, onSkip }: MakeProps) {
  const { me, workspace } = useSession()
  const form = useForm(
    {
      name: t('setup.campaignName'),
      from: mailbox(workspace.name, domain ? `hello@${domain}` : me.email),
      list_id: known[0]?.id ?? '',
      template_id: mails[0]?.id ?? '',
    },
    async (body) => {
      onMade((await unwrap(api.POST('/api/v1/campaigns', { body: body as never }))).id)
    },
  )
  return (
    <StepForm form={form} go={t('setup.check')} onSkip={onSkip}>
      <TextField
        {...form.bind('name')}
        label={t('campaigns.name')}
        required
        maxLength={200}
        autoFocus
      />
      <TextField
        {...form.bind('from')}
        label={t('content.from')}
        help={t('draft.fromHelp')}
        required
      />
      <SelectField {...form.bind('list_id')} label={t('wizard.list')} options={options(known)} />
      <SelectField
        {...form.bind('template_id')}
        label={t('draft.template')}
        options={options(mails)}
      />
    </StepForm>
  )
}

type CheckProps = { id: string; onGone: () => void; onSkip: () => void }

/** What stands against it, before it is one. */
function Check({ id, onGone, onSkip }: CheckProps) {
  const path = { params: { path: { id } } }
  const query = useQuery({
    queryKey: keys.campaignPreflight(id),
    queryFn: () => unwrap(api.GET('/api/v1/campaigns/{id}/preflight', path)),
    staleTime: 0,
  })
  const start = useMutation({
    mutationFn: () => unwrap(api.POST('/api/v1/campaigns/{id}/start', path)),
    meta: { quiet: true },
    onSuccess: onGone,
  })
  return (
    <Loaded query={query}>
      {({ ready, findings }) => (
        <div className="flex flex-col gap-4">
          <p role="status">{t(ready ? 'campaign.startText' : 'campaign.notReady')}</p>
          <Preflight findings={findings} />
          <Wrong text={start.error ? sentence(start.error) : undefined} />
          <div className="flex flex-wrap gap-2">
            <Button
              kind="primary"
              autoFocus
              disabled={!ready}
              busy={start.isPending}
              onClick={() => start.mutate()}
            >
              {t('setup.sendNow')}
            </Button>
            <Link to="/campaigns/$id" params={{ id }} className="self-center text-accent underline">
              {t('setup.changeFirst')}
            </Link>
            <Button kind="ghost" onClick={onSkip}>
              {t('setup.skip')}
            </Button>
          </div>
        </div>
      )}
    </Loaded>
  )
}

/** What does not move any more. */
const over = new Set(['finished', 'cancelled', 'failed'])

function Going({ id, onDone, onSkip }: StepProps & { id: string }) {
  const cache = useQueryClient()
  const form = useForm({}, async () => {
    void cache.invalidateQueries({ queryKey: keys.campaigns })
    onDone()
  })
  const query = useQuery({
    queryKey: keys.campaignStats(id),
    queryFn: () => unwrap(api.GET('/api/v1/campaigns/{id}/stats', { params: { path: { id } } })),
    refetchInterval: ({ state }) => !over.has(String(state.data?.state)) && 1000,
  })
  return (
    <Loaded query={query}>
      {(s) => (
        <StepForm form={form} go={t('action.continue')} ready onSkip={onSkip}>
          <p role="status">
            {t(s.state === 'finished' ? 'setup.sent' : 'setup.sending', {
              sent: s.sent,
              audience: s.audience,
            })}
          </p>
          <Progress
            label={t('setup.progress')}
            whole={s.audience}
            parts={[{ value: s.audience - s.queued - s.in_flight, tone: 'ok', label: 'sent' }]}
          />
          <Link to="/campaigns/$id" params={{ id }} className="text-accent underline">
            {t('setup.watch')}
          </Link>
        </StepForm>
      )}
    </Loaded>
  )
}
