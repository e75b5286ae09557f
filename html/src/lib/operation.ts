/** Work that the worker does: it is waited for, and what went wrong is said. */
import { unwrap } from './api'
import { api, type Schemas } from './client'
import { t } from './i18n'
import { Refused } from './problem'

export async function ended(id: string): Promise<Schemas['Operation']> {
  const done = await unwrap(
    api.GET('/api/v1/operations/{id}', {
      params: { path: { id } },
      headers: { Prefer: 'wait=20' },
    }),
  )
  if (done.state === 'failed') throw new Refused(done.error?.message ?? t('problem.unknown'))
  return done
}
