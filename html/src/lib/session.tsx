/** Who is here, in which workspace, and what he may do. */
import { createContext, useContext } from 'react'
import { unwrap } from './api'
import { allows } from './can'
import { own, type Schemas } from './client'
import { dropDrafts } from './draft'

export type Me = Schemas['Me']
export type Workspace = Me['workspaces'][number]
export type Session = { me: Me; workspace: Workspace }

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('there is no session above')
  return session
}

/** `can('campaigns:write')`: hides and disables; the server is the judge. */
export function useCan(): (scope: string) => boolean {
  const { workspace } = useSession()
  return (scope) => allows(workspace.scopes, scope)
}

const last = 'godwit-workspace'

/** The workspace of the path, else that of the last time, else the first. */
export function choose(me: Me, asked: string | undefined): Workspace | undefined {
  const wanted = asked ?? localStorage.getItem(last)
  const found = me.workspaces.find(({ id }) => id === wanted)
  if (found) localStorage.setItem(last, found.id)
  return found ?? (asked ? undefined : me.workspaces[0])
}

/** The end of this session, at its provider too when it came from there. */
export async function signOut(): Promise<void> {
  const ended = await unwrap(
    own.DELETE('/api/v1/sessions/{id}', { params: { path: { id: 'current' } } }),
  )
  dropDrafts()
  localStorage.removeItem(last)
  location.replace(ended.logout_url ?? '/app/sign-in')
}
