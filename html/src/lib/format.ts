/** Numbers and times as people read them, in the zone of the workspace. */
import { locale, t } from './i18n'

let zone: string | undefined

export function setZone(to: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: to })
    zone = to
  } catch {
    zone = undefined
  }
}

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>()

function keep<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  name: string,
  make: () => T,
): T {
  const key = `${locale()} ${zone} ${name}`
  const old = made.get(key)
  if (old) return old as T
  const value = make()
  made.set(key, value)
  return value
}

export const number = (n: number): string =>
  keep('number', () => new Intl.NumberFormat(locale())).format(n)

/** What something is worth; without a currency it is a number. */
export const money = (n: number, currency: string): string =>
  currency
    ? keep(
        `money ${currency}`,
        () => new Intl.NumberFormat(locale(), { style: 'currency', currency }),
      ).format(n)
    : number(n)

/** A share of 1: `12.3%`. Nothing of nothing is a dash. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return '–'
  const digits = part > 0 && part < whole / 10 ? 2 : 1
  return keep(
    `percent ${digits}`,
    () => new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: digits }),
  ).format(part / whole)
}

export const dateTime = (at: string | number | Date): string =>
  keep(
    'dateTime',
    () =>
      new Intl.DateTimeFormat(locale(), {
        dateStyle: 'medium',
        timeStyle: 'short',
        timeZone: zone,
      }),
  ).format(new Date(at))

export const date = (at: string | number | Date): string =>
  keep(
    'date',
    () => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeZone: zone }),
  ).format(new Date(at))

/** The first instant of a day of the calendar, so many days later. */
export function midnight(day: string, later = 0): Date | undefined {
  const wall = Date.parse(`${day}T00:00:00Z`) + later * 86_400_000
  if (Number.isNaN(wall)) return undefined
  const clock = keep(
    'clock',
    () =>
      // in Swedish a time is written as it is sorted
      new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeStyle: 'medium', timeZone: zone }),
  )
  const ahead = (at: number) => Date.parse(`${clock.format(at).replace(' ', 'T')}Z`) - at
  // twice: the clock may have been put on between the two
  return new Date(wall - ahead(wall - ahead(wall)))
}

export const day = (at: string | number | Date): string =>
  keep(
    'day',
    () => new Intl.DateTimeFormat(locale(), { month: 'short', day: 'numeric', timeZone: 'UTC' }),
  ).format(new Date(at))

export const hour = (at: string | number | Date): string =>
  keep(
    'hour',
    () => new Intl.DateTimeFormat(locale(), { weekday: 'short', hour: 'numeric', timeZone: zone }),
  ).format(new Date(at))

const steps: [limit: number, size: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, 'second'],
  [3600, 60, 'minute'],
  [86_400, 3600, 'hour'],
  [7 * 86_400, 86_400, 'day'],
]

/** `3 minutes ago`; what is more than a week away is a date. */
export function relative(at: string | number | Date, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000
  const far = Math.abs(seconds)
  if (far < 10) return t('time.now')
  const step = steps.find(([limit]) => far < limit)
  if (!step) return date(at)
  return keep('relative', () => new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' })).format(
    Math.round(seconds / step[1]),
    step[2],
  )
}

/** How long is left: `2 min`, `3 h 20 min`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return t('time.seconds', { count: s })
  if (s < 3600) return t('time.minutes', { count: Math.round(s / 60) })
  return t('time.hours', { hours: Math.floor(s / 3600), minutes: Math.round((s % 3600) / 60) })
}

export function bytes(n: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const step = n < 1 ? 0 : Math.min(3, Math.floor(Math.log10(n) / 3))
  return keep(
    `bytes ${step}`,
    () =>
      new Intl.NumberFormat(locale(), {
        style: 'unit',
        unit: units[step] ?? 'byte',
        unitDisplay: 'narrow',
        maximumFractionDigits: 1,
      }),
  ).format(n / 1000 ** step)
}
