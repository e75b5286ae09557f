/** Work that the worker does: it is waited for, and what went wrong is said. */
import { unwrap } from './api'
import { api, type Schemas } from './client'
import { t } from './i18n'
import { Refused } from './problem'

/** A server that is busy answers before the end: it is asked again then. */
const AGAIN = 300

export async function ended(id: string): Promise<Schemas['Operation']> {
  for (;;) {
    const now = await unwrap(
      api.GET('/api/v1/operations/{id}', {
        params: { path: { id } },
        headers: { Prefer: 'wait=20' },
      }),
    )
    if (now.state === 'failed') throw new Refused(now.error?.message ?? t('problem.unknown'))
    if (now.state !== 'queued' && now.state !== 'running') return now
    await new Promise((go) => setTimeout(go, AGAIN))
  }
}
