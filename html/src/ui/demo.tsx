import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { t } from '@/lib/i18n'
import { ended } from '@/lib/operation'
import { keys } from '@/lib/query-keys'
import { toast } from '@/lib/toast'
import { Button } from './button'
import { Progress } from './progress'

/** So often the progress is asked for while it is under way. */
const OFTEN = 500

/** Demo data, one click in and out; its progress shows, whoever has begun it. */
export function Demo() {
  const cache = useQueryClient()
  const query = useQuery({
    queryKey: keys.demo,
    queryFn: () => unwrap(api.GET('/api/v1/demo')),
    refetchInterval: ({ state }) => (goes(state.data?.state) ? OFTEN : false),
  })
  const turn = useMutation({
    mutationFn: (load: boolean) =>
      ended(unwrap(load ? api.POST('/api/v1/demo') : api.DELETE('/api/v1/demo'))),
    onMutate: () => setTimeout(() => cache.invalidateQueries({ queryKey: keys.demo }), OFTEN),
    onSuccess: (_, load) => toast({ kind: 'done', text: t(load ? 'demo.loaded' : 'demo.removed') }),
    // nearly all that is shown may be other now
    onSettled: () => cache.invalidateQueries(),
  })
  if (!query.data) return null
  const { state, operation } = query.data
  const none = state === 'none'
  return (
    <div className="flex flex-col items-start gap-3">
      <p className="text-ink-2">{t(none ? 'demo.offer' : 'demo.there')}</p>
      {goes(state) && operation ? (
        <Under
          operation={operation}
          label={t(state === 'loading' ? 'demo.loading' : 'demo.removing')}
        />
      ) : (
        <Button busy={turn.isPending} onClick={() => turn.mutate(none)}>
          {t(none ? 'demo.load' : 'demo.remove')}
        </Button>
      )}
    </div>
  )
}

const goes = (state: string | undefined): boolean => state === 'loading' || state === 'removing'

function Under({ operation, label }: { operation: string; label: string }) {
  const { data } = useQuery({
    queryKey: keys.operation(operation),
    queryFn: () =>
      unwrap(api.GET('/api/v1/operations/{id}', { params: { path: { id: operation } } })),
    refetchInterval: OFTEN,
  })
  const { done = 0, total = 1 } = data?.progress ?? {}
  return (
    <div className="w-full max-w-[40ch]">
      <p className="mb-1 text-ink-3 text-sm">{label}</p>
      <Progress label={label} whole={total} parts={[{ value: done, tone: 'ok', label }]} />
    </div>
  )
}
