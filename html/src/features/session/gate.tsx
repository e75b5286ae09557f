/** The pages in front of the house: for who is not in yet. */
import type { ReactNode } from 'react'
import { Invitation } from './invitation'
import { Password } from './password'
import { SignIn } from './sign-in'

const pages: Record<string, () => ReactNode> = {
  'sign-in': () => <SignIn />,
  invitation: () => <Invitation token={secret()} />,
  password: () => <Password token={secret()} />,
}

/** What stands behind the # of a link; no server, log or next page sees it. */
let token: string | undefined
function secret(): string {
  token ??= location.hash.slice(1)
  if (location.hash) history.replaceState(null, '', location.pathname)
  return token
}

export function Gate({ place }: { place: string }) {
  return pages[place]?.()
}
