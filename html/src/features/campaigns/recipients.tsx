import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { dateTime } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { useNarrow } from '@/lib/narrow'
import { capital } from '@/lib/problem'
import { Badge } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Card } from '@/ui/page'
import { Empty, Loaded } from '@/ui/states'
import { type Column, Paged } from '@/ui/table'
import { Ago } from '@/ui/time'
import { Choice, Toolbar } from '@/ui/toolbar'
import {
  type Campaign,
  type Recipient,
  recipients,
  type SendState,
  sendStates,
  why,
} from './queries'

function SendBadge({ state }: { state: SendState }) {
  const name = String(state)
  return <Badge tone={sendStates[name] ?? 'quiet'} label={word('sendState', name)} />
}

export function Recipients({ campaign }: { campaign: Campaign }) {
  const { state, email } = useSearch({ strict: false }) as { state?: SendState; email?: string }
  const query = useInfiniteQuery(recipients(campaign.id, state))
  const set = useNarrow()
  const columns: readonly Column<Recipient>[] = [
    {
      id: 'email',
      header: t('recipients.address'),
      cell: (row) =>
        row.email ? (
          <button
            type="button"
            className="max-w-full truncate text-start"
            onClick={() => set({ email: row.email ?? undefined })}
          >
            {row.email}
          </button>
        ) : (
          <span className="text-ink-3">{row.contact_id}</span>
        ),
    },
    {
      id: 'state',
      header: t('recipients.state'),
      className: 'w-32',
      cell: (row) => <SendBadge state={row.state} />,
    },
    { id: 'reason', header: t('recipients.reason'), from: 'md', cell: (row) => row.reason ?? '' },
    {
      id: 'at',
      header: t('recipients.at'),
      from: 'sm',
      className: 'w-40',
      cell: (row) => <Ago at={row.at} />,
    },
  ]

  return (
    <Card flush>
      <Toolbar>
        <Ask onAsk={(to) => set({ email: to })} />
        <Choice
          label={t('recipients.state')}
          all={t('campaigns.allStates')}
          value={state && String(state)}
          options={Object.keys(sendStates).map((name) => [name, word('sendState', name)] as const)}
          onChoose={(to) => set({ state: to })}
        />
      </Toolbar>
      <Paged
        query={query}
        label={t('campaign.tab.recipients')}
        columns={columns}
        rowKey={({ contact_id }) => contact_id}
        onOpen={(row) => row.email && set({ email: row.email })}
        empty={<Empty title={t('recipients.none')} />}
      />
      {email && <Why id={campaign.id} email={email} onClose={() => set({ email: undefined })} />}
    </Card>
  )
}

/** Of one address, also of one that is still to come. */
function Ask({ onAsk }: { onAsk: (email: string) => void }) {
  const [text, setText] = useState('')
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim()) onAsk(text.trim())
  }
  return (
    <form onSubmit={onSubmit} className="flex min-w-0 flex-1 basis-64 gap-2 sm:max-w-96">
      <input
        type="email"
        aria-label={t('recipients.address')}
        placeholder={t('recipients.ask')}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="field"
      />
      <Button type="submit">{t('recipients.why')}</Button>
    </form>
  )
}

function Why({ id, email, onClose }: { id: string; email: string; onClose: () => void }) {
  const query = useQuery(why(id, email))
  return (
    <Dialog title={t('why.title', { email })} onClose={onClose}>
      <Loaded query={query}>
        {(data) => (
          <div className="flex flex-col gap-4">
            <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
              <dt className="text-ink-2">{t('recipients.state')}</dt>
              <dd>{data.state && <SendBadge state={data.state} />}</dd>
              {data.reason && (
                <>
                  <dt className="text-ink-2">{t('recipients.reason')}</dt>
                  <dd>{capital(data.reason)}</dd>
                </>
              )}
              {data.due && (
                <>
                  <dt className="text-ink-2">{t('why.due')}</dt>
                  <dd>{dateTime(data.due)}</dd>
                </>
              )}
              {data.at && (
                <>
                  <dt className="text-ink-2">{t('recipients.at')}</dt>
                  <dd>{dateTime(data.at)}</dd>
                </>
              )}
            </dl>
            <Attempts attempts={data.attempts ?? []} />
          </div>
        )}
      </Loaded>
    </Dialog>
  )
}

type Attempt = { at?: string; code?: number | null; reply?: string | null }

function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  if (attempts.length === 0) return <p className="text-ink-3">{t('why.noAttempt')}</p>
  return (
    <section>
      <h3 className="mb-1 text-ink-2 text-sm">{t('why.attempts')}</h3>
      <ol className="flex flex-col gap-2">
        {attempts.map(({ at, code, reply }) => (
          <li key={at} className="rounded-md border border-line bg-canvas px-3 py-2">
            <p className="text-ink-2 text-sm">{at && dateTime(at)}</p>
            <p className="break-words font-mono text-sm">{reply ?? code ?? t('why.noReply')}</p>
          </li>
        ))}
      </ol>
    </section>
  )
}
