/** What a condition may say: the kinds, their operators and what these compare with. */
import { t, word } from '@/lib/i18n'
import type { Json } from './tree'

/** Of each kind, what a new one says. Its first name tells the kind. */
export const kinds = {
  field: { field: 'email', op: 'ends_with', value: '' },
  attribute: { attribute: '', op: 'is', value: '' },
  tag: { tag: '' },
  list: { list: '' },
  consent: { consent: 'email', is: 'granted' },
  event: { event: 'click' },
  campaign: { campaign: '', did: 'opened' },
  near: { near: { latitude: null, longitude: null, kilometres: 50 } },
  company: { company: 'id', op: 'set' },
  company_attribute: { company_attribute: '', op: 'is', value: '' },
  bucket: { bucket: { salt: 'random', from: 0, to: 10 } },
} satisfies Record<string, Json>
export type Kind = keyof typeof kinds

export const kindOf = (is: Json): Kind =>
  (Object.keys(kinds) as Kind[]).find((kind) => kind in is) ?? 'field'

/** The fields that each has, of contacts and of companies. */
export const fields = {
  field: [
    'email',
    'first_name',
    'last_name',
    'phone',
    'external_id',
    'zone',
    'locale',
    'id',
    'created_at',
    'updated_at',
  ],
  company: ['id', 'name', 'domain', 'created_at', 'updated_at'],
} as const
export const times = new Set(['created_at', 'updated_at'])

export type Input = 'none' | 'scalar' | 'scalars' | 'text' | 'number' | 'date' | 'span' | 'days'

/** What each operator compares with. */
export const inputs: Record<string, Input> = {
  set: 'none',
  is: 'scalar',
  in: 'scalars',
  contains: 'text',
  starts_with: 'text',
  ends_with: 'text',
  less: 'number',
  at_most: 'number',
  more: 'number',
  at_least: 'number',
  before: 'date',
  since: 'date',
  within_last: 'span',
  older_than: 'span',
  within_next: 'span',
  anniversary: 'days',
}

const ofTimes = Object.keys(inputs).filter((op) =>
  ['none', 'date', 'span', 'days'].includes(inputs[op] ?? ''),
)
const ofTexts = ['set', 'is', 'in', 'contains', 'starts_with', 'ends_with']

/** The operators to choose from; that which is there stays, whatever it is. */
export function opsOf(is: Json): readonly string[] {
  const of = is.field ?? is.company
  const all = of === undefined ? Object.keys(inputs) : times.has(String(of)) ? ofTimes : ofTexts
  return all.includes(String(is.op)) ? all : [...all, String(is.op)]
}

const first: Record<Input, unknown> = {
  none: undefined,
  scalar: '',
  scalars: [],
  text: '',
  number: null,
  date: '',
  span: '30d',
  days: 0,
}

/** Another operator: what it compares with stays when it can. */
export function withOp(is: Json, op: string): Json {
  const { value, ...rest } = is
  const [was, now] = [inputs[String(is.op)] ?? 'none', inputs[op] ?? 'none']
  const alike = was === now || (now === 'scalar' && was === 'text') || stays(now, value)
  const next = alike ? value : first[now]
  return now === 'none' ? { ...rest, op } : { ...rest, op, value: next }
}

const stays = (now: Input, value: unknown): boolean =>
  (now === 'text' || now === 'scalar') && typeof value === 'string' && !span.test(value)

/** Another field; what is a time is compared as one. */
export function withField(is: Json, kind: keyof typeof fields, name: string): Json {
  const next = { ...is, [kind]: name }
  if (opsOf({ [kind]: name, op: 'set' }).includes(String(is.op))) return next
  return withOp(next, times.has(name) ? 'within_last' : 'is')
}

const span = /^[1-9]\d{0,3}[mhdw]$/
const date = /^\d{4}-\d\d-\d\d/

const whole: Partial<Record<Input, (value: unknown) => boolean>> = {
  none: () => true,
  scalars: (value) => Array.isArray(value) && value.length > 0,
  span: (value) => span.test(String(value)),
  date: (value) => date.test(String(value)),
}

const filled = (value: unknown): boolean => value !== '' && value !== null && value !== undefined

const testIsWhole = (is: Json): boolean =>
  (whole[inputs[String(is.op)] ?? 'none'] ?? filled)(is.value)

/** Is all of it filled in? The server is asked of nothing that is half there. */
export function isWhole(predicate: Json): boolean {
  for (const op of ['all', 'any']) {
    if (op in predicate) return (predicate[op] as Json[]).every(isWhole)
  }
  if ('not' in predicate) return isWhole(predicate.not as Json)
  if ('event' in predicate) return eventIsWhole(predicate)
  if ('op' in predicate) return filled(predicate[kindOf(predicate)]) && testIsWhole(predicate)
  const part = predicate[kindOf(predicate)]
  return (typeof part === 'object' && part ? Object.values(part) : Object.values(predicate)).every(
    filled,
  )
}

function eventIsWhole(is: Json): boolean {
  const windows = [
    [is.within, span],
    [is.since, date],
    [is.before, date],
  ] as const
  return (
    filled(is.event) &&
    is.times !== null &&
    windows.every(([value, like]) => value === undefined || like.test(String(value))) &&
    ((is.where ?? []) as Json[]).every((each) => filled(each.property) && testIsWhole(each))
  )
}

/** A few to begin with; what they name is there in every workspace. */
export const starters = ['reachable', 'engaged', 'asleep', 'fresh', 'never', 'sample'] as const
export type Starter = (typeof starters)[number]

const open: Json = { event: 'open', within: '90d' }
const click: Json = { event: 'click', within: '90d' }
const reachable: Json = { consent: 'email', is: 'granted' }

export const starter: Record<Starter, Json> = {
  reachable: { all: [reachable] },
  engaged: { all: [reachable, { any: [open, click] }] },
  asleep: {
    all: [{ field: 'created_at', op: 'older_than', value: '90d' }, { not: { any: [open, click] } }],
  },
  fresh: { all: [{ field: 'created_at', op: 'within_last', value: '30d' }] },
  never: { all: [reachable, { not: { event: 'click' } }] },
  sample: { all: [reachable, { bucket: { salt: 'sample', from: 0, to: 10 } }] },
}

export const isStarter = (name: string | undefined): name is Starter =>
  starters.some((each) => each === name)

export const starterName = (name: Starter): string => t(`segments.starter.${name}`)
export const options = (wordGroup: string, names: readonly string[]): [string, string][] =>
  names.map((name) => [name, word(wordGroup, name)])
