/** The versions (ETags) that the server has told of what it holds, by path. */
const seen = new Map<string, string>()
const MANY = 200

export function noteVersion(request: Request, response: Response): void {
  const tag = response.headers.get('ETag')
  const { pathname, search } = new URL(request.url)
  if (!tag || search || request.method === 'POST') return
  seen.delete(pathname)
  seen.set(pathname, tag)
  const oldest = seen.keys().next().value
  if (seen.size > MANY && oldest) seen.delete(oldest)
}

/** That of the last look; what is edited says which one it was made from. */
export const versionOf = (path: string): string | undefined => seen.get(path)
