/** What was done to a document, to be undone and done again. */
import type { Doc } from './model'

export type History = { past: Doc[]; now: Doc; next: Doc[]; tag: string | undefined }

const KEPT = 200

export const begin = (now: Doc): History => ({ past: [], now, next: [], tag: undefined })

/** Edits of one tag that follow each other are one: a sentence, not its letters. */
export function did(h: History, now: Doc, tag?: string): History {
  if (now === h.now) return h
  if (tag && tag === h.tag) return { ...h, now, next: [] }
  return { past: [...h.past, h.now].slice(-KEPT), now, next: [], tag }
}

export function undo(h: History): History {
  const now = h.past.at(-1)
  if (!now) return h
  return { past: h.past.slice(0, -1), now, next: [h.now, ...h.next], tag: undefined }
}

export function redo(h: History): History {
  const [now, ...next] = h.next
  if (!now) return h
  return { past: [...h.past, h.now], now, next, tag: undefined }
}
