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

export function keepDraft(name: string, values: Record<string, string>): void {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(values))
  } catch {
    // it is too large, or nothing is kept here: it stands in the page alone
  }
}

export function dropDraft(name: string): void {
  localStorage.removeItem(prefix + name)
}
