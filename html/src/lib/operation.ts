/** Work that the worker does: it is waited for, and what went wrong is said. */
import { unwrap } from './api'
import { api, type Schemas } from './client'
import { t } from './i18n'
import { Refused } from './problem'

/** A server that is busy answers before the end: it is asked again then. */
const AGAIN = 300
/** So long somebody waits for work that nobody has begun. */
const PATIENCE = 45_000

type Operation = Schemas['Operation']

/** What was begun; a server that was asked to wait may answer with the end of it. */
type Begun = Operation | { operation: string }

/** It happens all the same: only nobody waits for it any more. */
export async function ended(begun: Promise<Begun>): Promise<Operation> {
  const first = await begun
  const until = Date.now() + PATIENCE
  const id = 'operation' in first ? first.operation : first.id
  for (;;) {
    const now = await unwrap(
      api.GET('/api/v1/operations/{id}', {
        params: { path: { id } },
        headers: { Prefer: 'wait=20' },
      }),
    )
    if (now.state === 'done') return now
    if (now.state !== 'queued' && now.state !== 'running')
      throw new Refused(now.error?.message ?? t('problem.unknown'))
    if (now.state === 'queued' && Date.now() > until) throw new Refused(t('problem.queued'))
    await new Promise((go) => setTimeout(go, AGAIN))
  }
}
