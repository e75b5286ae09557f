/** The clients of this page: one of its workspace, one of the user himself. */
import type { Client } from 'openapi-fetch'
import { type Godwit, godwit } from './api'
import type { components, paths } from './api.gen'
import { noteVersion } from './version'

export type Schemas = components['schemas']
export type { Client, paths }

/** Each workspace has pages of its own below /app/: the path says which. */
export const workspaceId = location.pathname.match(/^\/app\/(ws_[1-9]\d{0,17})(?:\/|$)/)?.[1]

export const api: Godwit = godwit({ baseUrl: location.origin, workspace: workspaceId })
export const own: Godwit = godwit({ baseUrl: location.origin })

/** Where somebody signs in, to come back to this very page. */
export function toSignIn(): void {
  const to = location.pathname + location.search
  location.replace(`/app/sign-in?to=${encodeURIComponent(to)}`)
}

api.use({
  onResponse({ request, response }) {
    // whatever was asked: the session has ended, and what was written is kept
    if (response.status === 401) toSignIn()
    noteVersion(request, response)
  },
})
