/**
 * The providers that somebody comes in by. Whoever is not in is told of those
 * that are listed; of another a link (`/app/sign-in?sso=sso_1&name=Company`)
 * tells once, and this browser remembers.
 */
export type Provider = { id: string; name: string }

const kept = 'godwit-providers'

export function told(query: string): Provider | undefined {
  const words = new URLSearchParams(query)
  const id = words.get('sso') ?? ''
  if (!/^sso_[1-9]\d{0,17}$/.test(id)) return undefined
  return { id, name: (words.get('name') ?? 'SSO').slice(0, 60) }
}

export function providers(): Provider[] {
  let all: Provider[] = []
  try {
    all = JSON.parse(localStorage.getItem(kept) ?? '[]') as Provider[]
  } catch {
    // as if there were none
  }
  const now = told(location.search)
  if (now) {
    all = [now, ...all.filter(({ id }) => id !== now.id)].slice(0, 4)
    localStorage.setItem(kept, JSON.stringify(all))
  }
  return all
}

/** Each once: what this browser remembers goes first. */
export const together = (known: readonly Provider[], told: readonly Provider[]): Provider[] => [
  ...known,
  ...told.filter(({ id }) => !known.some((one) => one.id === id)),
]
