/** The way in, by password and second factor. */
import { unwrap } from '@/lib/api'
import { own } from '@/lib/client'
import { judged } from '@/lib/code'
import type { Provider } from './providers'

/** Where somebody wanted to go; never to another site. */
export function wish(): string {
  const to = new URLSearchParams(location.search).get('to') ?? '/app/'
  return /^\/app\/(?!sign-in)[^\\]*$/.test(to) ? to : '/app/'
}

/** Logs in; false: the second factor is to come. */
export async function login(email: string, password: string): Promise<boolean> {
  const { verified } = await unwrap(
    own.POST('/api/v1/sessions', { body: { email: email.trim(), password } }),
  )
  return verified
}

/** Shows the second factor: six digits, or one of the recovery codes. */
export async function verify(text: string): Promise<void> {
  const code = text.replace(/\s/g, '')
  const body = /^\d{6}$/.test(code) ? { code } : { recovery_code: code }
  judged(await unwrap(own.POST('/api/v1/sessions/verify', { body })))
}

/** Those of the workspace that somebody wants to go to, else of the only one. */
export async function listed(to: string): Promise<Provider[]> {
  const workspace = /^\/app\/(ws_[1-9]\d{0,8})(\/|$)/.exec(to)?.[1]
  return (await unwrap(own.GET('/api/v1/sso/listed', { params: { query: { workspace } } }))).items
}
