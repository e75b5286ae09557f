import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, type Schemas } from '@/lib/client'
import { t, word } from '@/lib/i18n'
import { pages } from '@/lib/pages'
import { capital } from '@/lib/problem'
import { keys } from '@/lib/query-keys'
import { useCan } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Badge, type Tone } from '@/ui/badge'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { MoreList } from '@/ui/more'
import { Empty, Loaded } from '@/ui/states'
import { Ago } from '@/ui/time'

type Delivery = Schemas['Delivery']

const tones: Record<Delivery['state'], Tone> = { pending: 'info', delivered: 'ok', dead: 'bad' }

/** What was delivered to a webhook, with what it answered; and again. */
export function Deliveries({ webhook, onClose }: { webhook: string; onClose: () => void }) {
  const query = useInfiniteQuery({
    ...pages(keys.deliveries(webhook), (cursor) =>
      unwrap(
        api.GET('/api/v1/deliveries', {
          params: { query: { webhook_id: webhook, cursor, limit: 50 } },
        }),
      ),
    ),
    refetchInterval: 5000,
  })
  return (
    <Dialog title={t('webhooks.log')} wide onClose={onClose}>
      <MoreList query={query} empty={<Empty title={t('deliveries.none')} />}>
        {(rows) => (
          <ul className="rounded-lg border border-line">
            {rows.map((row) => (
              <Row key={row.id} row={row} webhook={webhook} />
            ))}
          </ul>
        )}
      </MoreList>
    </Dialog>
  )
}

function Row({ row, webhook }: { row: Delivery; webhook: string }) {
  const can = useCan()
  const cache = useQueryClient()
  const [open, setOpen] = useState(false)
  const again = useMutation({
    mutationFn: () =>
      unwrap(api.POST('/api/v1/deliveries/{id}/replay', { params: { path: { id: row.id } } })),
    onSuccess: () => {
      toast({ kind: 'done', text: t('deliveries.again') })
      return cache.invalidateQueries({ queryKey: keys.deliveries(webhook) })
    },
  })
  return (
    <li className="border-line border-b last:border-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
        <button
          type="button"
          aria-expanded={open}
          className="min-w-0 flex-1 basis-40 truncate text-start font-medium"
          onClick={() => setOpen(!open)}
        >
          {row.event}
        </button>
        <Badge tone={tones[row.state]} label={word('deliveryState', row.state)} />
        <span className="w-10 text-end text-ink-2 tabular-nums">{row.status ?? '–'}</span>
        <span className="w-28 text-end text-ink-3 text-sm">
          <Ago at={row.created_at} />
        </span>
        {can('webhooks:write') && row.state !== 'pending' && (
          <Button
            kind="ghost"
            icon={<RotateCcw size={14} aria-hidden />}
            busy={again.isPending}
            onClick={() => again.mutate()}
          >
            {t('deliveries.redeliver')}
          </Button>
        )}
      </div>
      {open && <Log id={row.id} />}
    </li>
  )
}

function Log({ id }: { id: string }) {
  const query = useQuery({
    queryKey: keys.delivery(id),
    queryFn: () => unwrap(api.GET('/api/v1/deliveries/{id}', { params: { path: { id } } })),
  })
  const block = 'whitespace-pre-wrap break-all rounded-md bg-canvas p-2 font-mono text-sm'
  return (
    <div className="flex flex-col gap-3 border-line border-t px-3 py-3">
      <Loaded query={query}>
        {({ body, log }) => (
          <>
            <section>
              <h3 className="mb-1 text-ink-2 text-sm">{t('deliveries.body')}</h3>
              <pre className={block}>{body}</pre>
            </section>
            {log.map(({ attempt, at, ms, error, response }) => (
              <section key={attempt}>
                <h3 className="mb-1 text-ink-2 text-sm">
                  {t('deliveries.attempt', { n: attempt, ms })} · <Ago at={at} />
                </h3>
                {error && <p className="text-bad">{capital(error)}</p>}
                {response && (
                  <pre className={block}>
                    {response.status}
                    {'\n'}
                    {response.headers}
                    {'\n\n'}
                    {response.body}
                  </pre>
                )}
              </section>
            ))}
          </>
        )}
      </Loaded>
    </div>
  )
}
