/** What somebody is writing, kept in this browser until it is saved. */
const prefix = 'godwit-draft:'

export function readDraft<V extends Record<string, string>>(name: string, empty: V): V {
  try {
    const kept = JSON.parse(localStorage.getItem(prefix + name) ?? '{}') as Record<string, unknown>
    const known = Object.entries(kept).filter(
      ([key, value]) => key in empty && typeof value === 'string',
    )
    return { ...empty, ...Object.fromEntries(known) }
  } catch {
    return empty
  }
}

/** What is as it was is no draft: it would hide what others have changed since. */
export function keepDraft<V extends Record<string, string>>(name: string, values: V, was: V): void {
  try {
    if (Object.keys(values).every((key) => values[key] === was[key])) dropDraft(name)
    else localStorage.setItem(prefix + name, JSON.stringify(values))
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
