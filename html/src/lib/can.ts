/** What a caller may do, by his scopes; the server is the judge. */
export function allows(scopes: readonly string[], wanted: string): boolean {
  const [noun, action] = wanted.split(':')
  return scopes.some(
    (scope) =>
      scope === '*' ||
      scope === wanted ||
      scope === `${noun}:*` ||
      (action === 'read' && scope === `${noun}:write`),
  )
}
