/** Keys of the page: letters never fire where somebody writes. */
import { useEffect, useRef } from 'react'

type Bound = { keys: string; run: () => void }

const stack: (() => readonly Bound[])[] = []
let held = ''
let heldAt = 0

const writing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  // into these nobody writes
  !target.matches('[type=range],[type=checkbox],[type=radio]')

export function chord(event: {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}): string {
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return event.ctrlKey || event.metaKey ? `Mod+${name}` : name
}

/** What a key, after the one before it, is bound to; the innermost first. */
export function match(
  scopes: readonly (readonly Bound[])[],
  key: string,
  before: string,
): Bound | undefined {
  const inner = [...scopes].reverse().flat()
  return (
    (before && inner.find(({ keys }) => keys === `${before} ${key}`)) ||
    inner.find(({ keys }) => keys === key)
  )
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return
  const key = chord(event)
  if (writing(event.target) && !key.startsWith('Mod+')) return
  if (document.querySelector('dialog[open]') && !key.startsWith('Mod+')) return
  const before = event.timeStamp - heldAt < 1000 ? held : ''
  const found = match(
    stack.map((bound) => bound()),
    key,
    before,
  )
  held = found ? '' : key
  heldAt = event.timeStamp
  if (!found) return
  // a button that has the focus is what Enter means
  if (key === 'Enter' && event.target instanceof HTMLElement && event.target.closest('a,button'))
    return
  event.preventDefault()
  found.run()
}

export function useHotkeys(bound: readonly Bound[]): void {
  const now = useRef(bound)
  now.current = bound
  useEffect(() => {
    const read = () => now.current
    if (stack.length === 0) addEventListener('keydown', onKey)
    stack.push(read)
    return () => {
      stack.splice(stack.indexOf(read), 1)
      if (stack.length === 0) removeEventListener('keydown', onKey)
    }
  }, [])
}
