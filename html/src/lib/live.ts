/** What happens, as it happens: one connection a browser, shared by its tabs. */
import { browser, type LiveEvent, type LiveState, LiveStream } from './live-stream'

type Message = { event?: LiveEvent; state?: LiveState }

const listeners = new Set<(event: LiveEvent) => void>()
const watchers = new Set<() => void>()
let state: LiveState = 'connecting'
let again = () => {}

function take({ event, state: now }: Message): void {
  if (now && now !== state) {
    state = now
    for (const told of watchers) told()
  }
  if (event) for (const told of listeners) told(event)
}

function shared(workspace: string): void {
  const worker = new SharedWorker(new URL('./live-worker.ts', import.meta.url), {
    type: 'module',
    name: `godwit-live-${workspace}`,
  })
  worker.port.onmessage = ({ data }) => take(data as Message)
  addEventListener('pagehide', () => worker.port.postMessage('gone'))
  again = () => worker.port.postMessage('again')
}

function alone(workspace: string): void {
  const stream = new LiveStream(
    workspace,
    browser,
    (event) => take({ event }),
    (now) => take({ state: now }),
  )
  stream.start()
  again = () => stream.state !== 'live' && stream.start()
}

export function connect(workspace: string): void {
  const open = 'SharedWorker' in window ? shared : alone
  open(workspace)
  addEventListener('online', () => again())
  addEventListener('pageshow', (event) => event.persisted && location.reload())
}

export function listen(to: (event: LiveEvent) => void): () => void {
  listeners.add(to)
  return () => listeners.delete(to)
}

export const liveStore = {
  subscribe: (told: () => void) => {
    watchers.add(told)
    return () => watchers.delete(told)
  },
  read: () => state,
}
