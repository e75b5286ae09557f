/** A call of a webhook as a form has it, and as it is stored. */

export const methods = ['POST', 'PUT', 'PATCH', 'GET', 'DELETE'] as const
export const hasBody = (method: string): boolean => method !== 'GET' && method !== 'DELETE'

export type Call = {
  /** the webhook whose secret signs it */
  webhook: string
  method: string
  url: string
  headers: [name: string, value: string][]
  /** JSON, as it is written */
  body: string
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Of what is no such call: nothing, it is edited as JSON. */
export function readCall(content: string): Call | undefined {
  try {
    const from: unknown = JSON.parse(content || '{}')
    if (typeof from !== 'object' || from === null || Array.isArray(from)) return undefined
    const call = from as Record<string, unknown>
    const known = ['webhook', 'method', 'url', 'headers', 'body']
    const headers = (call.headers ?? {}) as Record<string, unknown>
    if (Object.keys(call).some((name) => !known.includes(name))) return undefined
    if (typeof headers !== 'object' || Array.isArray(headers)) return undefined
    return {
      webhook: text(call.webhook),
      method: text(call.method) || 'POST',
      url: text(call.url),
      headers: Object.entries(headers).map(([name, value]) => [name, text(value)]),
      body: call.body === undefined ? '' : JSON.stringify(call.body, null, 2),
    }
  } catch {
    return undefined
  }
}

export const isJson = (body: string): boolean => {
  try {
    JSON.parse(body)
    return true
  } catch {
    return false
  }
}

/** A body that is no JSON yet stays in it as it is, so that nothing is lost and nothing is saved. */
export function writeCall({ webhook, method, url, headers, body }: Call): string {
  const named = headers.filter(([name]) => name !== '')
  const call = {
    ...(webhook && { webhook }),
    method,
    url,
    ...(named.length > 0 && { headers: Object.fromEntries(named) }),
  }
  if (!hasBody(method) || !body.trim()) return JSON.stringify(call, null, 2)
  if (!isJson(body)) return `${JSON.stringify(call, null, 2).slice(0, -2)},\n  "body": ${body}\n}`
  return JSON.stringify({ ...call, body: JSON.parse(body) as unknown }, null, 2)
}
