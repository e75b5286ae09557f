import { useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { t } from '@/lib/i18n'
import { useCan } from '@/lib/session'
import { Button } from '@/ui/button'
import { SelectField, TextField } from '@/ui/field'
import { useParsed } from './parsed'
import { signers } from './queries'
import { Source } from './source'
import { type Call, hasBody, isJson, methods, readCall, writeCall } from './webhook'

type Props = { content: string; set: (content: string) => void; readOnly: boolean }

/** Whom a webhook calls, and what it says there. */
export function WebhookForm({ content, set, readOnly }: Props) {
  const [call, change] = useParsed(content, readCall, writeCall, set)
  // a page opens with three questions: who else could sign is asked when somebody chooses
  const [choosing, choose] = useState(false)
  const { data } = useQuery({ ...signers, enabled: useCan()('webhooks:read') && choosing })
  if (!call) return null
  const edit = (to: Partial<Call>) => change({ ...call, ...to })
  const header = (n: number, to: [string, string]) =>
    edit({ headers: call.headers.map((one, at) => (at === n ? to : one)) })
  return (
    <fieldset disabled={readOnly} className="flex flex-col gap-4">
      <legend className="sr-only">{t('webhook.form')}</legend>
      <SelectField
        label={t('webhook.signer')}
        help={t('webhook.signerHelp')}
        value={call.webhook}
        options={[
          ['', t('webhook.noSigner')],
          ...named(call.webhook, data?.items ?? []).map(
            ({ id, url }) => [id, url] as [string, string],
          ),
        ]}
        onFocus={() => choose(true)}
        onPointerEnter={() => choose(true)}
        onChange={(event) => edit({ webhook: event.target.value })}
      />
      <div className="grid gap-3 sm:grid-cols-[8rem_1fr]">
        <SelectField
          label={t('webhook.method')}
          value={call.method}
          options={methods.map((name) => [name, name])}
          onChange={(event) => edit({ method: event.target.value })}
        />
        <TextField
          label={t('webhook.url')}
          help={t('webhook.urlHelp')}
          value={call.url}
          placeholder="https://"
          onChange={(event) => edit({ url: event.target.value })}
          className="font-mono"
        />
      </div>
      <div className="flex flex-col gap-2">
        <h3 className="font-medium text-ink-2 text-sm">{t('webhook.headers')}</h3>
        {call.headers.map(([name, value], n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a header is the one at its place
          <div key={n} className="flex items-end gap-2">
            <div className="min-w-0 flex-1">
              <TextField
                label={t('webhook.headerName', { n: n + 1 })}
                hideLabel
                value={name}
                onChange={(event) => header(n, [event.target.value, value])}
                className="font-mono"
              />
            </div>
            <div className="min-w-0 flex-[2]">
              <TextField
                label={t('webhook.headerValue', { n: n + 1 })}
                hideLabel
                value={value}
                onChange={(event) => header(n, [name, event.target.value])}
                className="font-mono"
              />
            </div>
            <Button
              kind="ghost"
              icon={<X size={15} />}
              aria-label={t('webhook.noHeader', { n: n + 1 })}
              onClick={() => edit({ headers: call.headers.filter((_, at) => at !== n) })}
            />
          </div>
        ))}
        <div>
          <Button
            icon={<Plus size={15} aria-hidden />}
            onClick={() => edit({ headers: [...call.headers, ['', '']] })}
          >
            {t('webhook.addHeader')}
          </Button>
        </div>
      </div>
      {hasBody(call.method) && (
        <Source
          name="body"
          label={t('webhook.body')}
          help={t('webhook.bodyHelp')}
          error={call.body.trim() && !isJson(call.body) ? t('webhook.noJson') : undefined}
          value={call.body}
          set={(body) => edit({ body })}
          jump={undefined}
          rows={12}
          readOnly={readOnly}
        />
      )}
    </fieldset>
  )
}

/** One that is not among them, or not known here, is told by its id. */
const named = (id: string, all: { id: string; url: string }[]) =>
  !id || all.some((one) => one.id === id) ? all : [{ id, url: id }, ...all]
