/** What an operator compares with, as somebody types it. */
import { X } from 'lucide-react'
import { useId, useState } from 'react'
import { t } from '@/lib/i18n'
import { cx } from '@/ui/cx'
import { type Input, inputs, opsOf, options, withOp } from './grammar'
import type { Json } from './tree'

type Value = { label: string; value: unknown; set: (value: unknown) => void }

type Known = { known?: readonly string[]; onNear?: () => void }

export function Text({ label, value, set, known, onNear }: Value & Known) {
  const id = useId()
  return (
    <>
      <input
        aria-label={label}
        placeholder={label}
        value={String(value ?? '')}
        maxLength={500}
        autoComplete="off"
        list={known?.length ? id : undefined}
        onFocus={onNear}
        onChange={(event) => set(event.target.value)}
        className="field min-w-0 flex-1 basis-32"
      />
      {known && known.length > 0 && (
        <datalist id={id}>
          {known.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
    </>
  )
}

type Limits = { min?: number; max?: number; step?: number | 'any' }

export function Numeric({ label, value, set, step = 'any', ...limits }: Value & Limits) {
  return (
    <input
      type="number"
      aria-label={label}
      placeholder={label}
      value={typeof value === 'number' ? value : ''}
      step={step}
      {...limits}
      onChange={({ target }) =>
        set(Number.isNaN(target.valueAsNumber) ? null : target.valueAsNumber)
      }
      className="field w-24"
    />
  )
}

export function Choice({
  label,
  value,
  set,
  of,
  grow,
}: {
  label: string
  value: string
  set: (value: string) => void
  of: readonly (readonly [value: string, label: string])[]
  grow?: boolean
}) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={(event) => set(event.target.value)}
      className={cx('field pe-2', grow ? 'min-w-0 flex-1 basis-32' : 'w-auto max-w-full')}
    >
      {of.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  )
}

const units = ['m', 'h', 'd', 'w']

export function Span({ label, value, set }: Value) {
  const text = String(value ?? '')
  const n = Number.parseInt(text, 10)
  const unit = units.includes(text.slice(-1)) ? text.slice(-1) : 'd'
  return (
    <>
      <Numeric
        label={label}
        value={n}
        set={(to) => set(`${to ?? ''}${unit}`)}
        min={1}
        max={9999}
        step={1}
      />
      <Choice
        label={t('builder.unit')}
        value={unit}
        set={(to) => set(`${Number.isNaN(n) ? '' : n}${to}`)}
        of={options('spanUnit', units)}
      />
    </>
  )
}

/** A day; an instant, which a program wrote, is a text. */
export function Day({ label, value, set }: Value) {
  const text = String(value ?? '')
  return (
    <input
      type={text.length > 10 ? 'text' : 'date'}
      aria-label={label}
      value={text}
      onChange={(event) => set(event.target.value)}
      className="field w-auto"
    />
  )
}

const types = ['string', 'number', 'boolean'] as const
type Type = (typeof types)[number]
const fresh: Record<Type, unknown> = { string: '', number: null, boolean: true }
const typeOf = (value: unknown): Type =>
  typeof value === 'boolean' ? 'boolean' : typeof value === 'string' ? 'string' : 'number'

const TypeChoice = ({ type, set }: { type: Type; set: (type: Type) => void }) => (
  <Choice
    label={t('builder.type')}
    value={type}
    set={(to) => set(to as Type)}
    of={options('valueType', types)}
  />
)

function Scalar({ label, value, set }: Value) {
  const type = typeOf(value)
  return (
    <>
      {type === 'string' && <Text label={label} value={value} set={set} />}
      {type === 'number' && <Numeric label={label} value={value} set={set} />}
      {type === 'boolean' && (
        <Choice
          label={label}
          value={String(value)}
          set={(to) => set(to === 'true')}
          of={options('boolean', ['true', 'false'])}
        />
      )}
      <TypeChoice type={type} set={(to) => set(fresh[to])} />
    </>
  )
}

/** Several, one after the other; each stays of the type that it has. */
function Scalars({ label, value, set }: Value) {
  const all = Array.isArray(value) ? (value as unknown[]) : []
  const [text, setText] = useState('')
  const take = () => {
    const said = text.trim()
    if (said && !all.includes(said)) set([...all, said])
    setText('')
  }
  return (
    <div className="flex min-w-0 flex-1 basis-48 flex-wrap items-center gap-1">
      {all.map((each, n) => (
        <button
          // biome-ignore lint/suspicious/noArrayIndexKey: 1 and "1" may stand beside one another
          key={`${each} ${n}`}
          type="button"
          aria-label={t('builder.without', { value: String(each) })}
          onClick={() => set(all.filter((_, at) => at !== n))}
          className="inline-flex min-h-6 items-center gap-1 rounded-sm border border-line bg-hover px-1.5 text-sm"
        >
          {String(each)}
          <X size={12} aria-hidden />
        </button>
      ))}
      <input
        aria-label={label}
        placeholder={t('builder.addValue')}
        value={text}
        maxLength={500}
        onChange={(event) => setText(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' && event.key !== ',') return
          event.preventDefault()
          take()
        }}
        className="field min-w-0 flex-1 basis-24"
      />
    </div>
  )
}

const Days = (props: Value) => <Numeric {...props} min={0} max={366} step={1} />

const editors: Record<Input, ((props: Value) => React.ReactNode) | undefined> = {
  none: undefined,
  scalar: Scalar,
  scalars: Scalars,
  text: Text,
  number: Numeric,
  date: Day,
  span: Span,
  days: Days,
}

export type Part = { is: Json; set: (is: Json) => void }

/** The operator and what it compares with; of a contact or of an event. */
export function Test({ is, set }: Part) {
  const Editor = editors[inputs[String(is.op)] ?? 'none']
  return (
    <>
      <Choice
        label={t('builder.op')}
        value={String(is.op)}
        set={(op) => set(withOp(is, op))}
        of={options('predicateOp', opsOf(is))}
      />
      {Editor && (
        <Editor
          label={t('builder.value')}
          value={is.value}
          set={(value) => set({ ...is, value })}
        />
      )}
    </>
  )
}
