/** What an operation has changed, member by member. */
export type Change = { name: string; before: string; after: string; same: boolean }

const NONE = '–'
const said = (value: unknown): string =>
  value === undefined || value === null
    ? NONE
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)

const members = (value: unknown): Record<string, unknown> => {
  if (value === null || value === undefined) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  return { value }
}

export function changes(before: unknown, after: unknown): Change[] {
  const [was, is] = [members(before), members(after)]
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  return names.map((name) => {
    const [old, now] = [said(was[name]), said(is[name])]
    return { name, before: old, after: now, same: old === now }
  })
}
