import {
  MutationCache,
  QueryCache,
  QueryClient,
  QueryClientProvider,
  useQuery,
} from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { unwrap } from '@/lib/api'
import { own, toSignIn, workspaceId } from '@/lib/client'
import { setZone } from '@/lib/format'
import { t } from '@/lib/i18n'
import { connect, listen } from '@/lib/live'
import { apply } from '@/lib/live-cache'
import { isStatus, mayRetry, requestId, sentence } from '@/lib/problem'
import { choose, SessionContext, type Workspace } from '@/lib/session'
import { toast } from '@/lib/toast'
import { Failed } from '@/ui/states'
import { Toasts } from '@/ui/toasts'
import { makeRouter } from './routes'

const signedOut = (error: unknown) => {
  if (isStatus(error, 401)) toSignIn()
}

const cache = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 15_000, retry: mayRetry },
    // offline it fails at once: nothing is sent when nobody looks any more
    mutations: { retry: false, networkMode: 'always' },
  },
  queryCache: new QueryCache({ onError: signedOut }),
  mutationCache: new MutationCache({
    onError: (error, _vars, _kept, mutation) => {
      signedOut(error)
      if (mutation.meta?.quiet) return
      const id = requestId(error)
      toast({ kind: 'error', text: sentence(error), detail: id && t('problem.request', { id }) })
    },
  }),
})

export function App() {
  return (
    <QueryClientProvider client={cache}>
      <House />
      <Toasts />
    </QueryClientProvider>
  )
}

function House() {
  const me = useQuery({ queryKey: ['me'], queryFn: () => unwrap(own.GET('/api/v1/me')) })
  if (me.error) return <Failed error={me.error} again={() => me.refetch()} />
  if (!me.data) return null
  const workspace = choose(me.data, workspaceId)
  if (!workspace) return <Nowhere asked={workspaceId} />
  if (workspace.id !== workspaceId) {
    const rest = location.pathname.replace(/^\/app\/?/, '')
    location.replace(`/app/${workspace.id}/${rest}${location.search}`)
    return null
  }
  return (
    <SessionContext value={{ me: me.data, workspace }}>
      <Live workspace={workspace} />
    </SessionContext>
  )
}

function Live({ workspace: { id, zone } }: { workspace: Workspace }) {
  const [router] = useState(() => makeRouter(id))
  setZone(zone)
  useEffect(() => {
    connect(id)
    return listen((event) => apply(cache, event))
  }, [id])
  return <RouterProvider router={router} />
}

/** A user without a workspace, or without that of the link. */
function Nowhere({ asked }: { asked: string | undefined }) {
  return (
    <main className="mx-auto flex min-h-dvh max-w-[48ch] flex-col justify-center gap-3 p-6">
      <h1 className="text-xl">{t('nowhere.title')}</h1>
      <p className="text-ink-2">{t(asked ? 'nowhere.other' : 'nowhere.none')}</p>
      {asked && (
        <p>
          <a className="text-accent underline" href="/app/">
            {t('nowhere.back')}
          </a>
        </p>
      )}
    </main>
  )
}
