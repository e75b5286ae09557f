/** What the API refused, as a person reads it. */
import { ApiError } from './api'
import { t } from './i18n'

/** What is refused here, in words for whoever did it. */
export class Refused extends Error {}

/** One sentence for a toast or a page. */
export function sentence(error: unknown): string {
  if (error instanceof ApiError) {
    const first = error.errors[0]
    if (first && error.errors.length === 1) return capital(first.message ?? error.message)
    return capital(error.message)
  }
  if (error instanceof Refused) return error.message
  return error instanceof TypeError ? t('problem.network') : t('problem.unknown')
}

/** The request id, to be told to whoever runs the server. */
export function requestId(error: unknown): string | undefined {
  return error instanceof ApiError ? error.requestId : undefined
}

export const isStatus = (error: unknown, status: number): boolean =>
  error instanceof ApiError && error.status === status

/** The sentences of a 422 by field: `/brand/color` is `brand.color`. */
export function fieldErrors(error: unknown): Record<string, string> {
  const fields: Record<string, string> = {}
  if (!(error instanceof ApiError)) return fields
  for (const { pointer, message } of error.errors) {
    const name = (pointer ?? '')
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      .join('.')
    fields[name] ??= capital(message ?? error.message)
  }
  return fields
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** May it be asked again by itself? Not what was judged, only what failed. */
export function mayRetry(failures: number, error: unknown): boolean {
  if (failures >= 2) return false
  return !(error instanceof ApiError) || error.status >= 500
}
