/**
 * The client of the API, typed by the contract: of the app, and the SDK for
 * Node. `api.gen.ts` is made of the contract by `make client`; a route or a
 * field that is not there does not compile.
 */
import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from './api.gen'

export type Problem = components['schemas']['Problem']
export type Godwit = Client<paths>

/** What the API refused: the problem document (RFC 9457) as an error. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  readonly errors: NonNullable<Problem['errors']>

  constructor(status: number, problem: Partial<Problem>) {
    super(problem.detail ?? problem.title ?? `the server answered ${status}`)
    this.name = 'ApiError'
    this.status = status
    this.code = problem.type?.split('#')[1] ?? 'unknown'
    this.requestId = problem.request_id
    this.errors = problem.errors ?? []
  }
}

export type Options = {
  /** Where Godwit is reached: `https://godwit.example.com`. */
  baseUrl: string
  /** An API key; without one the browser's session counts. */
  key?: string
  /** Which workspace the session asks for, `ws_1`; a key has its own. */
  workspace?: string
}

const UNSAFE = new Set(['POST', 'PATCH', 'DELETE'])

/** What is of a user or of nobody; it takes no Idempotency-Key. */
const OWN =
  /^\/api\/v1\/((me|sessions|password_resets)(\/.*)?|invitations\/accept|sso\/[^/]+\/logout|workspaces)$/

/**
 * A client of one Godwit. Each mutation of a workspace carries an
 * Idempotency-Key of its own, so a request may be repeated after a lost answer
 * and is done once.
 */
export function godwit({ baseUrl, key, workspace }: Options): Godwit {
  const client = createClient<paths>({
    baseUrl,
    credentials: 'same-origin',
    fetch: (request) => globalThis.fetch(request),
  })

  client.use({
    onRequest({ request, schemaPath }) {
      if (key) {
        request.headers.set('Authorization', `Bearer ${key}`)
      } else {
        request.headers.set('Godwit-Workspace', workspace ?? 'none')
      }
      if (
        UNSAFE.has(request.method) &&
        !OWN.test(schemaPath) &&
        !request.headers.has('Idempotency-Key')
      ) {
        request.headers.set('Idempotency-Key', crypto.randomUUID())
      }
      return request
    },
  })

  return client
}

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** The data of an answer; what the API refused is thrown as an ApiError. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer

  if (!response.ok) {
    throw new ApiError(response.status, typeof error === 'object' && error ? error : {})
  }

  return data as T
}
