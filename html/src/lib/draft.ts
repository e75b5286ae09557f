/** What somebody is writing, kept in this browser until it is saved. */
const prefix = 'godwit-draft:'

const isPair = (pair: unknown): pair is [was: string, is: string] =>
  Array.isArray(pair) && pair.length === 2 && pair.every((text) => typeof text === 'string')

/** The values as they were left, and what they were made from; else what is there now. */
export function readDraft<V extends Record<string, string>>(
  name: string,
  now: V,
): { values: V; was: V } {
  try {
    const kept = JSON.parse(localStorage.getItem(prefix + name) ?? '{}') as Record<string, unknown>
    const pairs = Object.entries(kept).flatMap(([key, pair]) =>
      key in now && isPair(pair) && pair[1] !== now[key] ? [[key, ...pair] as const] : [],
    )
    return {
      values: { ...now, ...Object.fromEntries(pairs.map(([key, , is]) => [key, is])) },
      was: { ...now, ...Object.fromEntries(pairs.map(([key, was]) => [key, was])) },
    }
  } catch {
    return { values: now, was: now }
  }
}

/** Only what was written is kept: the rest would hide what others have changed since. */
export function keepDraft<V extends Record<string, string>>(name: string, values: V, was: V): void {
  try {
    const changed = Object.keys(values).filter((key) => values[key] !== was[key])
    const pairs = Object.fromEntries(changed.map((key) => [key, [was[key], values[key]]]))
    if (changed.length === 0) dropDraft(name)
    else localStorage.setItem(prefix + name, JSON.stringify(pairs))
  } catch {
    // it is too large, or nothing is kept here: it stands in the page alone
  }
}

export function dropDraft(name: string): void {
  localStorage.removeItem(prefix + name)
}

/** Who signs out leaves nothing of what he wrote to who comes next. */
export function dropDrafts(): void {
  for (const key of Object.keys(localStorage))
    if (key.startsWith(prefix)) localStorage.removeItem(key)
}
