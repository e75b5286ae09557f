import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { unwrap } from '@/lib/api'
import { choices } from '@/lib/choices'
import { api } from '@/lib/client'
import { guess, mapping, parseCsv } from '@/lib/csv'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { Refused } from '@/lib/problem'
import { keys } from '@/lib/query-keys'
import { makeList, upload } from '@/lib/upload'
import { Field, TextField } from '@/ui/field'
import { Loaded } from '@/ui/states'
import { pasted } from './letter'
import { StepForm, type StepProps } from './step'

/** Whom mail goes to: pasted, or of a file. */
export function ContactsStep(props: StepProps) {
  const [id, setId] = useState<string>()
  return id ? <Coming {...props} id={id} /> : <Bring {...props} onBegun={setId} />
}

async function columnsOf(file: File): Promise<string | undefined> {
  const [columns = []] = parseCsv(await file.slice(0, 65_536).text(), 1)
  const to = columns.map(guess)
  if (!to.some((field) => ['email', 'phone', 'external_id'].includes(field)))
    throw new Refused(t('wizard.noIdentity'))
  return mapping(columns, to)
}

function Bring({ onBegun, onSkip }: StepProps & { onBegun: (id: string) => void }) {
  const cache = useQueryClient()
  const known = useQuery(choices).data?.lists ?? []
  const file = useRef<HTMLInputElement>(null)
  const form = useForm({ text: '', list: t('setup.listName') }, async ({ text, list }) => {
    const chosen =
      file.current?.files?.[0] ??
      (text.trim() && new File([pasted(text)], `${list.trim()}.csv`, { type: 'text/csv' }))
    if (!chosen) throw new Refused(t('setup.nobody'))
    const columns = await columnsOf(chosen)
    const name = list.trim()
    const { id } = known.find((one) => one.name === name) ?? (await makeList(name))
    await cache.invalidateQueries({ queryKey: keys.lists })
    onBegun((await upload(chosen, id, columns)).id)
  })
  return (
    <StepForm form={form} go={t('setup.import')} onSkip={onSkip}>
      <Field label={t('setup.paste')} help={t('setup.pasteHelp')}>
        {(parts) => (
          <textarea
            {...parts}
            name="text"
            rows={6}
            // biome-ignore lint/a11y/noAutofocus: a step begins where something is to be typed
            autoFocus
            spellCheck={false}
            value={form.values.text}
            onChange={(event) => form.set('text', event.target.value)}
            className="field h-auto resize-y py-2 font-mono text-sm"
          />
        )}
      </Field>
      <Field label={t('setup.file')}>
        {(parts) => (
          <input
            {...parts}
            ref={file}
            type="file"
            accept=".csv,text/csv"
            className="field h-auto py-1.5"
          />
        )}
      </Field>
      <TextField {...form.bind('list')} label={t('wizard.listName')} required maxLength={200} />
    </StepForm>
  )
}

function Coming({ id, onDone, onSkip }: StepProps & { id: string }) {
  const form = useForm({}, async () => onDone())
  const query = useQuery({
    queryKey: keys.import(id),
    queryFn: () => unwrap(api.GET('/api/v1/imports/{id}', { params: { path: { id } } })),
    // what is told live may be missed; until it is over it is asked
    refetchInterval: ({ state }) =>
      ['queued', 'running'].includes(state.data?.state ?? 'queued') && 1000,
  })
  return (
    <Loaded query={query}>
      {({ state, created, updated, rejected, error }) => {
        const over = state !== 'queued' && state !== 'running'
        return (
          <StepForm form={form} go={t('action.continue')} ready={over} onSkip={onSkip}>
            <p role="status">
              {state === 'failed'
                ? (error ?? t('problem.unknown'))
                : t(over ? 'setup.imported' : 'setup.importing', {
                    created: created + updated,
                    rejected,
                  })}
            </p>
          </StepForm>
        )
      }}
    </Loaded>
  )
}
