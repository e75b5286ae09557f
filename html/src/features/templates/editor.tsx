import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, workspaceId } from '@/lib/client'
import { moved, useConflict } from '@/lib/conflict'
import { dropDraft, keepDraft, readDraft } from '@/lib/draft'
import { type Form, useForm } from '@/lib/form'
import { t, word } from '@/lib/i18n'
import { Refused } from '@/lib/problem'
import { keys } from '@/lib/query-keys'
import { useRested } from '@/lib/rested'
import { useCan, useSession } from '@/lib/session'
import { toast } from '@/lib/toast'
import { workspaceOf } from '@/lib/workspace'
import { Button, buttonClass } from '@/ui/button'
import { Conflicted } from '@/ui/conflict'
import { SelectField, TextField } from '@/ui/field'
import type { Person } from '@/ui/find-contact'
import { Wrong } from '@/ui/form'
import { Card, Page } from '@/ui/page'
import { Content } from './content'
import { Findings } from './findings'
import { wrongIn } from './kinds'
import { Preview } from './preview'
import type { Jump } from './source'
import { empty, names, valuesOf } from './values'
import { storedOf, type Template, type Values, type Written } from './written'

export function NewTemplate() {
  return (
    <Page title={t('templates.new')} full>
      <Editor />
    </Page>
  )
}

/** What is written is in the colour of the workspace: it is known before somebody writes. */
export function Editor(props: Omit<Props, 'color' | 'onTouch'>) {
  const can = useCan()
  const { workspace } = useSession()
  const [touched, setTouched] = useState(!props.template)
  const enabled = touched && can('workspaces:read')
  const query = useQuery({ ...workspaceOf(workspace.id), enabled })
  if (!props.template && query.isLoading) return <div aria-hidden className="skeleton h-64" />
  const color = query.data?.brand.color ?? null
  return <Writing {...props} color={color} onTouch={() => setTouched(true)} />
}

/** What has changed alone is sent; languages, and what it is made of, go along with html. */
async function save(
  row: Template | undefined,
  before: Values,
  now: Values,
  headers: Record<string, string>,
): Promise<Template> {
  const amiss = wrongIn(now.kind, now.source)
  if (now.channel === 'email' && amiss)
    throw new Refused(t('template.atLine', { message: amiss.message, line: amiss.line }))
  const about = { name: now.name, category: now.category.trim() || null }
  if (!row)
    return unwrap(api.POST('/api/v1/templates', { body: { ...about, ...storedOf(now) } as never }))
  const { channel: _, ...content } = storedOf(now) as Record<string, unknown>
  const old: Record<string, unknown> = {
    ...storedOf(before),
    name: before.name,
    category: before.category.trim() || null,
  }
  const changed = Object.fromEntries(
    Object.entries({ ...about, ...content }).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name]),
    ),
  )
  if (Object.keys(changed).length === 0) return row
  const made = 'html' in changed || 'design' in changed
  const languages = made && row.variants && Object.keys(row.variants).length > 0
  const body = {
    ...changed,
    ...(made && { html: content.html, design: content.design }),
    ...(languages && { variants: row.variants }),
  }
  return unwrap(
    api.PATCH('/api/v1/templates/{id}', {
      params: { path: { id: row.id } },
      body: body as never,
      headers,
    }),
  )
}

type Props = {
  template?: Template
  /** of the brand */
  color: string | null
  onTouch: () => void
  person?: Person
  setPerson?: (person: Person | undefined) => void
}

const isSame = (a: Written, b: Written): boolean =>
  (['channel', 'subject', 'html', 'text', 'content'] as const).every((name) => a[name] === b[name])

/** What is written, what it looks like, and what speaks against it. */
function Writing({ template: row, color, ...rest }: Props) {
  const cache = useQueryClient()
  const navigate = useNavigate()
  const own = useState<Person>()
  const [jump, setJump] = useState<Jump>()
  const [before] = useState(() => row && valuesOf(row))
  const draft = `${workspaceId}:template:${row?.id ?? 'new'}`
  const [kept] = useState(() => readDraft(draft, before ?? empty(color)))
  const conflict = useConflict(
    `/api/v1/templates/${row?.id}`,
    async () =>
      valuesOf(
        await unwrap(
          api.GET('/api/v1/templates/{id}', { params: { path: { id: row?.id ?? '' } } }),
        ),
      ),
    kept.was,
    moved(kept.was, before),
  )
  const { base } = conflict
  const form = useForm(kept.values, async (values) => {
    const now = await conflict.guard((headers) => save(row, base.current, values, headers))
    dropDraft(draft)
    conflict.saved(values)
    cache.setQueryData(keys.template(now.id), now)
    void cache.invalidateQueries({ queryKey: keys.templates })
    toast({ kind: 'done', text: t('template.saved', { name: now.name, version: now.version }) })
    if (!row) void navigate({ to: '/templates/$id', params: { id: now.id } })
  })
  useEffect(() => keepDraft(draft, form.values, base.current), [base, draft, form.values])

  const { channel, subject, html, text, content } = form.values
  const rested = useRested({ channel, subject, html, text, content }, 400)
  const saved = row && before && isSame(rested, before) ? row : undefined
  const written = {
    ...rested,
    ...(saved && { saved: { id: saved.id, version: saved.version } }),
  }
  return (
    <form
      onSubmit={form.onSubmit}
      onFocus={rest.onTouch}
      className="grid items-start gap-gap lg:grid-cols-2"
    >
      <div className="flex min-w-0 flex-col gap-gap">
        <About form={form} fixed={!!row} />
        <Content
          form={form}
          color={color}
          written={written}
          person={(rest.setPerson ? rest.person : own[0])?.id}
          jump={jump}
          onJump={setJump}
        />
        <Conflicted conflict={conflict} mine={form.values} names={names} onTheirs={form.setAll} />
        <Foot form={form} row={row} problem={conflict.theirs ? undefined : form.problem} />
      </div>
      <div className="flex min-w-0 flex-col gap-gap lg:sticky lg:top-4 lg:max-h-[calc(100dvh-32px)] lg:overflow-auto">
        <Preview
          written={written}
          person={rest.setPerson ? rest.person : own[0]}
          setPerson={rest.setPerson ?? own[1]}
        />
        <Findings written={written} byHand={form.values.kind === 'html'} onJump={setJump} />
      </div>
    </form>
  )
}

export type Part = { form: Form<Values> }
const channels = ['email', 'sms', 'whatsapp', 'webhook'] as const

function About({ form, fixed }: Part & { fixed: boolean }) {
  // what was written for another channel is there again when that is
  const left = useRef<Record<string, string>>({})
  const readOnly = !useCan()('templates:write')
  return (
    <Card>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          {...form.bind('name')}
          label={t('field.name')}
          readOnly={readOnly}
          required
          maxLength={200}
        />
        <TextField
          {...form.bind('category')}
          label={t('templates.category')}
          help={t('template.categoryHelp')}
          readOnly={readOnly}
          maxLength={64}
        />
        {!fixed && (
          <SelectField
            {...form.bind('channel')}
            onChange={({ target }) => {
              const { channel, content } = form.values
              left.current[channel] = content
              form.set('channel', target.value)
              form.set('content', left.current[target.value] ?? '')
            }}
            label={t('templates.channel')}
            options={channels.map((name) => [name, word('channel', name)])}
          />
        )}
      </div>
    </Card>
  )
}

type FootProps = Part & { row: Template | undefined; problem: string | undefined }

function Foot({ form, row, problem }: FootProps) {
  const can = useCan()
  return (
    <>
      <Wrong text={problem} />
      <div className="flex justify-end gap-2">
        {!row && (
          <Link to="/templates" className={buttonClass()}>
            {t('action.back')}
          </Link>
        )}
        {can('templates:write') && (
          <Button type="submit" kind="primary" busy={form.busy}>
            {t(row ? 'template.save' : 'templates.make')}
          </Button>
        )}
      </div>
    </>
  )
}
