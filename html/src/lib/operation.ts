/** Work that the worker does: it is waited for, and what went wrong is said. */
import { unwrap } from './api'
import { api, type Schemas } from './client'
import { t } from './i18n'
import { Refused } from './problem'

/** A server that is busy answers before the end: it is asked again then. */
const AGAIN = 300

type Operation = Schemas['Operation']

/** What was begun; a server that was asked to wait may answer with the end of it. */
type Begun = Operation | { operation: string }

export async function ended(begun: Promise<Begun>): Promise<Operation> {
  const first = await begun
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
    await new Promise((go) => setTimeout(go, AGAIN))
  }
}
