import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { unwrap } from '@/lib/api'
import { choices } from '@/lib/choices'
import { api, workspaceId } from '@/lib/client'
import { moved, useConflict } from '@/lib/conflict'
import { dropDraft, keepDraft, readDraft } from '@/lib/draft'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { toast } from '@/lib/toast'
import { Button, buttonClass } from '@/ui/button'
import { Conflicted } from '@/ui/conflict'
import { Field, SelectField, TextField } from '@/ui/field'
import { Wrong } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { type Campaign, isMail } from './queries'

const empty = {
  name: '',
  list_id: '',
  segment_id: '',
  template_id: '',
  from: '',
  subject: '',
  html: '',
}
type Values = typeof empty

/** What two people may have written differently. */
const names: Record<string, string> = {
  name: t('campaigns.name'),
  list_id: t('wizard.list'),
  segment_id: t('draft.segment'),
  from: t('content.from'),
  subject: t('content.subject'),
  html: t('content.html'),
}

const ofCampaign = (c: Campaign): Values => ({
  name: c.name,
  list_id: c.list_id ?? '',
  segment_id: c.segment_id ?? '',
  template_id: '',
  from: c.from,
  subject: c.subject ?? '',
  html: c.html ?? '',
})

/** A new one is a body; of one that is there only what has changed. */
function bodyOf(values: Values, before: Values | undefined, mail: boolean) {
  const { segment_id, template_id, html, subject, from, ...rest } = values
  const all = {
    ...rest,
    segment_id: segment_id || null,
    ...(mail && { from, ...(subject && { subject }) }),
    ...(template_id ? { template_id } : mail && { html }),
  }
  if (!before) return all
  const old: Record<string, string> = before
  const changed = Object.entries(all).filter(([name, value]) => (value ?? '') !== (old[name] ?? ''))
  return Object.fromEntries(changed) as Partial<typeof all>
}

export function NewCampaign() {
  const { segment_id } = useSearch({ strict: false }) as { segment_id?: string }
  return (
    <Page title={t('campaigns.new')}>
      <DraftForm segment={segment_id} />
    </Page>
  )
}

/** Whom it goes to and what it says; what is written survives a reload. */
export function DraftForm({ campaign, segment }: { campaign?: Campaign; segment?: string }) {
  const cache = useQueryClient()
  const navigate = useNavigate()
  const before = campaign && ofCampaign(campaign)
  const draft = `${workspaceId}:campaign:${campaign?.id ?? 'new'}`
  const [kept] = useState(() => readDraft(draft, before ?? empty))
  const conflict = useConflict(
    `/api/v1/campaigns/${campaign?.id}`,
    async () =>
      ofCampaign(
        await unwrap(
          api.GET('/api/v1/campaigns/{id}', { params: { path: { id: campaign?.id ?? '' } } }),
        ),
      ),
    kept.was,
    moved(kept.was, before),
  )
  const { base } = conflict
  const { data: made } = useQuery(choices)
  // a template is of a channel, and without another one it stays as it is
  const mail = ({ template_id: id }: Values) =>
    isMail(id ? made?.templates.find((one) => one.id === id)?.channel : campaign?.channel)
  const begun = { ...kept.values, segment_id: segment ?? kept.values.segment_id }
  const form = useForm(begun, async (values) => {
    const now = campaign
      ? await conflict.guard((headers) =>
          unwrap(
            api.PATCH('/api/v1/campaigns/{id}', {
              params: { path: { id: campaign.id } },
              body: bodyOf(values, base.current, mail(values)),
              headers,
            }),
          ),
        )
      : await unwrap(
          api.POST('/api/v1/campaigns', {
            body: bodyOf(values, undefined, mail(values)) as never,
          }),
        )
    dropDraft(draft)
    conflict.saved(values)
    await cache.invalidateQueries({ queryKey: keys.campaigns })
    toast({ kind: 'done', text: t('campaign.saved', { name: now.name }) })
    if (!campaign) void navigate({ to: '/campaigns/$id', params: { id: now.id } })
  })
  useEffect(() => keepDraft(draft, form.values, base.current), [base, draft, form.values])

  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-gap">
      <Audience form={form} />
      <Message form={form} mail={mail(form.values)} own={isMail(campaign?.channel)} />
      <Conflicted conflict={conflict} mine={form.values} names={names} onTheirs={form.setAll} />
      <Wrong text={conflict.theirs ? undefined : form.problem} />
      <div className="flex justify-end gap-2">
        {!campaign && (
          <Link to="/campaigns" className={buttonClass()}>
            {t('action.back')}
          </Link>
        )}
        <Button type="submit" kind="primary" busy={form.busy}>
          {t(campaign ? 'action.save' : 'campaigns.make')}
        </Button>
      </div>
    </form>
  )
}

type Part = { form: ReturnType<typeof useForm<Values>> }

const options = (none: string, items: readonly { id: string; name: string }[] | undefined) =>
  [['', none], ...(items ?? []).map(({ id, name }) => [id, name])] as [string, string][]

function Audience({ form }: Part) {
  const { data } = useQuery(choices)
  return (
    <Card title={t('draft.audience')}>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField {...form.bind('name')} label={t('campaigns.name')} required maxLength={200} />
        <SelectField
          {...form.bind('list_id')}
          label={t('wizard.list')}
          required
          options={options(t('draft.chooseList'), data?.lists)}
        />
        <SelectField
          {...form.bind('segment_id')}
          label={t('draft.segment')}
          options={options(t('draft.everybody'), data?.segments)}
        />
      </div>
    </Card>
  )
}

/** own: without a template it is a mail. */
function Message({ form, mail, own: ofOwn }: Part & { mail: boolean; own: boolean }) {
  const { data } = useQuery(choices)
  const own = ofOwn && !form.values.template_id
  return (
    <Card title={t('campaign.tab.content')}>
      <div className="grid gap-4 sm:grid-cols-2">
        {mail && (
          <>
            <TextField
              {...form.bind('from')}
              label={t('content.from')}
              help={t('draft.fromHelp')}
              required
            />
            <TextField {...form.bind('subject')} label={t('content.subject')} required={own} />
          </>
        )}
        <SelectField
          {...form.bind('template_id')}
          label={t('draft.template')}
          options={options(t(ofOwn ? 'draft.ownHtml' : 'draft.asItIs'), data?.templates)}
        />
      </div>
      {own && (
        <div className="mt-4">
          <Field
            label={t('content.html')}
            help={t('draft.htmlHelp')}
            error={form.bind('html').error}
          >
            {(parts) => (
              <textarea
                {...parts}
                name="html"
                required
                rows={14}
                spellCheck={false}
                value={form.values.html}
                onChange={(event) => form.set('html', event.target.value)}
                className="field h-auto resize-y py-2 font-mono text-sm"
              />
            )}
          </Field>
        </div>
      )}
    </Card>
  )
}
