import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { t, word } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { saveAs } from '@/lib/save'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge, type Tone } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Confirm } from '@/ui/confirm'
import { FindContact, type Person } from '@/ui/find-contact'
import { Card, Page } from '@/ui/page'
import { Empty, Listed } from '@/ui/states'
import { Ago } from '@/ui/time'
import { Retention } from './retention'

type Operation = Schemas['Operation']

/** What people may ask: all that is known of them, and its end. */
export function PrivacyPage() {
  const can = useCan()
  return (
    <Page title={t('settings.privacy')} below={t('privacy.below')}>
      {can('contacts:read') && <Requests />}
      {can('operations:read') && <Erasures />}
      {can('workspaces:read') && <Retention />}
    </Page>
  )
}

function Requests() {
  const can = useCan()
  const [person, setPerson] = useState<Person>()
  return (
    <Card title={t('privacy.request')}>
      <p className="mb-3 text-ink-2">{t('privacy.requestHelp')}</p>
      <FindContact label={t('privacy.who')} onFind={setPerson} />
      {person && (
        <div className="mt-4 flex flex-wrap items-center gap-3">
          <strong className="min-w-0 flex-1 break-all font-semibold">{person.label}</strong>
          <Export person={person} />
          {can('contacts:write') && <Erase person={person} onDone={() => setPerson(undefined)} />}
        </div>
      )}
    </Card>
  )
}

function Export({ person }: { person: Person }) {
  const save = useMutation({
    mutationFn: async () => {
      const known = await unwrap(
        api.GET('/api/v1/contacts/{id}/export', { params: { path: { id: person.id } } }),
      )
      const text = JSON.stringify(known, null, 2)
      saveAs(new Blob([text], { type: 'application/json' }), `${person.id}.json`)
    },
  })
  return (
    <Button busy={save.isPending} onClick={() => save.mutate()}>
      {t('privacy.export')}
    </Button>
  )
}

function Erase({ person, onDone }: { person: Person; onDone: () => void }) {
  const cache = useQueryClient()
  const [asked, setAsked] = useState(false)
  const erase = useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/v1/contacts/{id}/erase', { params: { path: { id: person.id } } })),
    onSuccess: async () => {
      toast({ kind: 'done', text: t('privacy.erasing', { who: person.label }) })
      await cache.invalidateQueries({ queryKey: keys.erasures })
      void cache.invalidateQueries({ queryKey: keys.contacts })
    },
  })
  return (
    <>
      <Button kind="danger" onClick={() => setAsked(true)}>
        {t('privacy.erase')}
      </Button>
      {asked && (
        <Confirm
          title={t('privacy.eraseTitle', { who: person.label })}
          text={t('privacy.eraseText')}
          go={t('privacy.erase')}
          danger
          onClose={() => setAsked(false)}
          run={async () => {
            await erase.mutateAsync()
            onDone()
          }}
        />
      )}
    </>
  )
}

const tones: Record<Operation['state'], Tone> = {
  queued: 'info',
  running: 'info',
  done: 'ok',
  failed: 'bad',
  cancelled: 'quiet',
  uncertain: 'warn',
}

/** Those of the last 30 days; whom they were about is not known any more. */
function Erasures() {
  const query = useQuery({
    queryKey: keys.erasures,
    queryFn: () =>
      unwrap(
        api.GET('/api/v1/operations', { params: { query: { kind: 'contacts_erase', limit: 50 } } }),
      ),
    refetchInterval: ({ state }) =>
      !!state.data?.items.some((row) => ['queued', 'running'].includes(row.state)) && 2000,
  })
  return (
    <Card title={t('privacy.erasures')} flush>
      <Listed query={query} empty={<Empty title={t('privacy.none')} />}>
        {(row) => (
          <li
            key={row.id}
            className="flex min-h-row flex-wrap items-center gap-x-4 gap-y-1 border-line border-b px-4 py-1.5 last:border-0"
          >
            <span className="min-w-0 flex-1 break-words font-medium">{row.object}</span>
            {row.error && <span className="text-bad">{row.error.message}</span>}
            <Badge tone={tones[row.state]} label={word('operationState', row.state)} />
            <span className="w-32 text-end text-ink-3 text-sm">
              <Ago at={row.finished_at ?? row.created_at} />
            </span>
          </li>
        )}
      </Listed>
    </Card>
  )
}
