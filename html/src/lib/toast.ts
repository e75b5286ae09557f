/** What has just happened, in a corner: three at most, errors until closed. */
export type Toast = {
  id: number
  kind: 'done' | 'error'
  text: string
  detail?: string
  action?: { label: string; run: () => void }
}

let toasts: readonly Toast[] = []
let last = 0
const listeners = new Set<() => void>()

function set(to: readonly Toast[]): void {
  toasts = to
  for (const told of listeners) told()
}

export function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id))
}

export function toast(what: Omit<Toast, 'id'>): number {
  const id = ++last
  set([...toasts, { ...what, id }].slice(-3))
  if (what.kind !== 'error') setTimeout(() => dismiss(id), what.action ? 10_000 : 5_000)
  return id
}

export const toastStore = {
  subscribe: (told: () => void) => {
    listeners.add(told)
    return () => listeners.delete(told)
  },
  read: () => toasts,
}
