import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Send, Trash2, Upload } from 'lucide-react'
import { useState } from 'react'
import { useForm } from '@/lib/form'
import { dateTime } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { useCan, useSession } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge, Tag } from '@/ui/badge'
import { Button } from '@/ui/button'
import { DeleteDialog } from '@/ui/confirm'
import { TextField } from '@/ui/field'
import type { Person } from '@/ui/find-contact'
import { FormDialog } from '@/ui/form'
import { Page, PageOf } from '@/ui/page'
import { Tabs } from '@/ui/tabs'
import { Editor } from './editor'
import { remove, template, test } from './queries'
import { usePublish, Versions } from './versions'
import { stateOf, type Template } from './written'

const tabs = [
  ['content', t('campaign.tab.content')],
  ['versions', t('template.versions')],
] as const
type Tab = (typeof tabs)[number][0]

export function TemplatePage() {
  const { id = '' } = useParams({ strict: false })
  const query = useQuery(template(id))
  return (
    <PageOf title={t('nav.templates')} full query={query}>
      {(data) => <One template={data} />}
    </PageOf>
  )
}

function One({ template: row }: { template: Template }) {
  const { tab } = useSearch({ strict: false }) as { tab?: Tab }
  const navigate = useNavigate()
  const [person, setPerson] = useState<Person>()
  const current = tab === 'versions' ? tab : 'content'
  return (
    <Page
      title={row.name}
      full
      beside={
        <>
          <Badge {...stateOf(row)} />
          <Tag label={word('channel', row.channel)} />
        </>
      }
      below={t('template.at', { version: row.version, at: dateTime(row.updated_at) })}
      actions={<Actions template={row} person={person} />}
    >
      <Tabs
        label={row.name}
        tabs={tabs}
        current={current}
        onChoose={(to) => void navigate({ to: '.', search: { tab: to }, replace: true })}
      />
      {current === 'versions' ? (
        <Versions template={row} />
      ) : (
        // another version, by this page or by somebody else, is read anew
        <Editor key={row.version} template={row} person={person} setPerson={setPerson} />
      )}
    </Page>
  )
}

type Props = { template: Template; person: Person | undefined }

function Actions({ template: row, person }: Props) {
  const [asked, setAsked] = useState<'test' | 'delete'>()
  const can = useCan()
  const publish = usePublish(row.id)
  const close = () => setAsked(undefined)
  if (!can('templates:write')) return null
  return (
    <>
      {row.live_version !== row.version && (
        <Button
          kind="primary"
          icon={<Upload size={15} aria-hidden />}
          busy={publish.isPending}
          onClick={() => publish.mutate(row.version)}
        >
          {t('template.publish', { version: row.version })}
        </Button>
      )}
      {(row.channel === 'email' || row.channel === 'webhook') && (
        <Button icon={<Send size={15} aria-hidden />} onClick={() => setAsked('test')}>
          {t('template.test')}
        </Button>
      )}
      <Button icon={<Trash2 size={15} aria-hidden />} onClick={() => setAsked('delete')}>
        {t('action.delete')}
      </Button>
      {asked === 'test' && row.channel === 'email' && (
        <Test template={row} person={person} onClose={close} />
      )}
      {asked === 'test' && row.channel === 'webhook' && (
        <Trial template={row} person={person} onClose={close} />
      )}
      {asked === 'delete' && (
        <DeleteDialog
          name={row.name}
          text={t('template.deleteText')}
          home="/templates"
          one={keys.template(row.id)}
          all={keys.templates}
          remove={() => remove(row.id)}
          onClose={close}
        />
      )}
    </>
  )
}

function Test({ template: row, person, onClose }: Props & { onClose: () => void }) {
  const { me } = useSession()
  const form = useForm({ to: me.email }, async ({ to }) => {
    const all = to.split(/[\s,;]+/).filter(Boolean)
    await test(row.id, all, person?.id)
    toast({ kind: 'done', text: t('template.tested', { to: all.join(', ') }) })
    onClose()
  })
  return (
    <FormDialog
      title={t('template.testTitle', { version: row.version })}
      form={form}
      go={t('template.test')}
      onClose={onClose}
    >
      <TextField
        {...form.bind('to')}
        label={t('template.to')}
        help={person ? t('template.testAs', { who: person.label }) : t('template.testHelp')}
        required
        autoComplete="off"
      />
    </FormDialog>
  )
}

/** One request, as a campaign would make it, and what came back. */
function Trial({ template: row, person, onClose }: Props & { onClose: () => void }) {
  const [came, setCame] = useState<Awaited<ReturnType<typeof test>>>()
  const form = useForm({}, async () => setCame(await test(row.id, [], person?.id)))
  return (
    <FormDialog
      title={t('template.testTitle', { version: row.version })}
      form={form}
      go={t('template.test')}
      onClose={onClose}
    >
      <p>{person ? t('template.trialAs', { who: person.label }) : t('template.trialHelp')}</p>
      <div role="status" className="flex flex-col gap-2">
        {came && (
          <>
            <p className="font-medium">
              {came.status
                ? t('template.trialCame', { status: String(came.status), ms: came.ms ?? 0 })
                : t('template.trialStays')}
            </p>
            {came.response && (
              <pre className="max-h-60 overflow-auto whitespace-pre-wrap break-words rounded-md border border-line bg-canvas p-2 font-mono text-sm">
                {came.response}
              </pre>
            )}
          </>
        )}
      </div>
    </FormDialog>
  )
}
