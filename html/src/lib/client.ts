/** The clients of this page: one of its workspace, one of the user himself. */
import type { Client } from 'openapi-fetch'
import { type Godwit, godwit } from './api'
import type { components, paths } from './api.gen'

export type Schemas = components['schemas']
export type { Client, paths }

/** Each workspace has pages of its own below /app/: the path says which. */
export const workspaceId = location.pathname.match(/^\/app\/(ws_[1-9]\d{0,17})(?:\/|$)/)?.[1]

export const api: Godwit = godwit({ baseUrl: location.origin, workspace: workspaceId })
export const own: Godwit = godwit({ baseUrl: location.origin })
