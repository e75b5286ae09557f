/** Personal taste, kept in this browser: at once, and in all of its tabs. */
import { useSyncExternalStore } from 'react'

export type Taste = {
  theme: 'light' | 'dark' | 'system'
  density: 'compact' | 'comfortable'
  locale: string | null
  sidebar: 'open' | 'closed'
}

const name = 'godwit-taste'
const usual: Taste = { theme: 'system', density: 'comfortable', locale: null, sidebar: 'open' }
let kept: Taste | undefined

function read(): Taste {
  try {
    return { ...usual, ...JSON.parse(localStorage.getItem(name) ?? '{}') }
  } catch {
    return usual
  }
}

export function taste(): Taste {
  kept ??= read()
  return kept
}

export function setTaste(change: Partial<Taste>): void {
  kept = { ...taste(), ...change }
  try {
    localStorage.setItem(name, JSON.stringify(kept))
  } catch {
    // a browser that keeps nothing has it until the page is left
  }
  dispatchEvent(new Event(name))
}

function subscribe(told: () => void): () => void {
  const again = () => {
    kept = undefined
    told()
  }
  addEventListener(name, told)
  addEventListener('storage', again)
  return () => {
    removeEventListener(name, told)
    removeEventListener('storage', again)
  }
}

export const useTaste = (): Taste => useSyncExternalStore(subscribe, taste)
