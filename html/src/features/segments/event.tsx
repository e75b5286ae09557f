/** How often something happened: in which window, with which properties. */
import { Plus, X } from 'lucide-react'
import { t, word } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { options } from './grammar'
import { Choice, Day, Numeric, type Part, Span, Test, Text } from './inputs'
import type { Json } from './tree'

const names = ['open', 'click', 'unsubscribe', 'page', 'purchase']
const windows = { within: '30d', since: '', before: '' } as const
type Window = keyof typeof windows

function Count({ is, set }: Part) {
  const { op, times, ...rest } = is
  return (
    <>
      <Choice
        label={t('builder.often')}
        value={String(op ?? '')}
        set={(to) => set(to ? { ...rest, op: to, times: times ?? 1 } : rest)}
        of={[
          ['', t('builder.once')],
          ...options('predicateOp', ['at_least', 'at_most', 'exactly']),
        ]}
      />
      {op !== undefined && (
        <>
          <Numeric
            label={t('builder.times')}
            value={times}
            set={(to) => set({ ...is, times: to })}
            min={0}
            max={1_000_000}
            step={1}
          />
          <span className="text-ink-2">{t('builder.times')}</span>
        </>
      )}
    </>
  )
}

const without = (is: Json, name: string): Json =>
  Object.fromEntries(Object.entries(is).filter(([each]) => each !== name))

function WindowPart({ name, is, set }: Part & { name: Window }) {
  const Editor = name === 'within' ? Span : Day
  const label = word('window', name)
  return (
    <span className="flex items-center gap-2">
      <span className="text-ink-2">{label}</span>
      <Editor label={label} value={is[name]} set={(to) => set({ ...is, [name]: to })} />
      <Remove label={label} run={() => set(without(is, name))} />
    </span>
  )
}

const Remove = ({ label, run }: { label: string; run: () => void }) => (
  <Button
    kind="ghost"
    icon={<X size={14} aria-hidden />}
    aria-label={t('builder.without', { value: label })}
    onClick={run}
  />
)

function Where({ is, set }: Part) {
  const where = is.where as Json[] | undefined
  if (!where?.length) return null
  const replace = (n: number, by: readonly Json[]) =>
    set({ ...is, where: [...where.slice(0, n), ...by, ...where.slice(n + 1)] })
  return (
    <ul aria-label={t('builder.where')} className="flex w-full flex-col gap-2">
      {where.map((each, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: what is shown of each is all in its value
        <li key={n} className="flex flex-wrap items-center gap-2 border-line-strong border-s ps-3">
          <Text
            label={t('builder.property')}
            value={each.property}
            set={(property) => replace(n, [{ ...each, property }])}
          />
          <Test is={each} set={(to) => replace(n, [to])} />
          <Remove label={String(each.property)} run={() => replace(n, [])} />
        </li>
      ))}
    </ul>
  )
}

export function EventParts({ is, set }: Part) {
  const all = Object.keys(windows) as Window[]
  const left = all.filter((name) => is[name] === undefined)
  const more = (name: string) =>
    name === 'where'
      ? set({
          ...is,
          where: [...((is.where ?? []) as Json[]), { property: '', op: 'is', value: '' }],
        })
      : set({ ...is, [name]: windows[name as Window] })
  return (
    <>
      <Text
        label={t('builder.event')}
        value={is.event}
        set={(event) => set({ ...is, event })}
        known={names}
      />
      <Count is={is} set={set} />
      {all
        .filter((name) => is[name] !== undefined)
        .map((name) => (
          <WindowPart key={name} name={name} is={is} set={set} />
        ))}
      {[...left, 'where'].map((name) => (
        <Button
          key={name}
          kind="ghost"
          icon={<Plus size={13} aria-hidden />}
          onClick={() => more(name)}
        >
          {word('window', name)}
        </Button>
      ))}
      <Where is={is} set={set} />
    </>
  )
}
