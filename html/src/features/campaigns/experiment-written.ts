/** An experiment as a form has it, and as it is said. */
import { t } from '@/lib/i18n'
import type { Campaign } from './queries'

export type Written = NonNullable<Campaign['experiment']>
/** Named as the API names them, so that what it says of one lands on it. */
export type Values = Record<string, string>

export const MOST = 10
export const variant = (n: number, name: string) => `experiment.variants.${n}.${name}`
export const setting = (name: string) => `experiment.${name}`
const letter = (n: number) => String.fromCharCode(65 + n)
export const numbers = ['test', 'hold_out', 'least', 'hours'] as const

export const usual: Written = {
  variants: [
    { name: 'A', weight: 1 },
    { name: 'B', weight: 1 },
  ],
  test: 20,
  hold_out: 0,
  metric: 'clicks',
  rule: 'bayesian',
  least: 500,
  hours: 24,
}

export function valuesOf(x: Written): Values {
  const values: Values = { count: String(x.variants.length) }
  for (let n = 0; n < MOST; n++) {
    const v = x.variants[n]
    values[variant(n, 'name')] = v?.name ?? letter(n)
    values[variant(n, 'weight')] = String(v?.weight ?? 1)
    values[variant(n, 'subject')] = v?.subject ?? ''
    values[variant(n, 'from_name')] = v?.from_name ?? ''
    values[variant(n, 'html')] = v?.html ?? ''
  }
  for (const name of [...numbers, 'metric', 'rule'] as const)
    values[setting(name)] = String(x[name] ?? usual[name])
  values[setting('fallback')] = x.fallback ?? x.variants[0]?.name ?? ''
  return values
}

const own = ['subject', 'from_name', 'html'] as const

export function bodyOf(values: Values, before: Written | null | undefined): Written {
  const at = (name: string) => (values[name] ?? '').trim()
  const variants = Array.from({ length: Number(values.count) }, (_, n) => {
    const text = before?.variants[n]?.text
    return {
      name: at(variant(n, 'name')),
      weight: Number(at(variant(n, 'weight'))) || 1,
      ...Object.fromEntries(
        own.flatMap((name) => (at(variant(n, name)) ? [[name, at(variant(n, name))]] : [])),
      ),
      ...(text && { text }),
    }
  })
  return {
    variants,
    metric: at(setting('metric')) as 'clicks',
    rule: at(setting('rule')) as 'fixed',
    ...(Object.fromEntries(numbers.map((name) => [name, Number(at(setting(name)))])) as Pick<
      Written,
      (typeof numbers)[number]
    >),
    fallback: variants.some(({ name }) => name === at(setting('fallback')))
      ? at(setting('fallback'))
      : undefined,
  }
}

/** What two people may have written differently, as it is said. */
export const names: Values = {
  variants: t('experiment.variants'),
  rule: t('experiment.rule'),
}

/** An experiment in words: its variants, a line each, and its rule. */
export function inWords(values: Values): Values {
  const at = (name: string) => values[name] ?? ''
  const lines = Array.from({ length: Number(values.count) }, (_, n) => {
    const has = own.map((name) => at(variant(n, name))).filter(Boolean)
    return `${at(variant(n, 'name'))} (${at(variant(n, 'weight'))}): ${has.join(' · ') || '–'}`
  })
  return {
    variants: lines.join('\n'),
    rule: [
      t(at(setting('metric')) === 'opens' ? 'experiment.opened' : 'experiment.clicked'),
      t(`experiment.how.${at(setting('rule')) as 'fixed'}`),
      ...numbers.map((name) => `${t(`experiment.${name}`)}: ${at(setting(name))}`),
      `${t('experiment.fallback')}: ${at(setting('fallback'))}`,
    ].join('\n'),
  }
}
