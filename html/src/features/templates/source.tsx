import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { t } from '@/lib/i18n'
import { cx } from '@/ui/cx'
import { Field } from '@/ui/field'
import { type At, completed, offered, placeAt } from './complete'
import { useVocabulary } from './vocabulary'

/** A line to go to; another object is another wish. */
export type Jump = { field: string; line: number }

type Props = {
  name: string
  label: string
  help?: string
  error: string | undefined
  value: string
  set: (value: string) => void
  jump: Jump | undefined
  rows: number
  readOnly?: boolean
  /** lines that something is said of */
  marked?: ReadonlySet<number>
}

const LINE = 20

/** Text with the numbers of its lines, which go along with it, and what Liquid may say. */
export function Source(props: Props) {
  const { name, label, help, error, value, set, jump, rows, readOnly, marked } = props
  const area = useRef<HTMLTextAreaElement>(null)
  const gutter = useRef<HTMLPreElement>(null)
  const list = useId()
  const [active, setActive] = useState(false)
  const words = useVocabulary(active)
  const [at, setAt] = useState<At>()
  const [chosen, setChosen] = useState(0)
  const options = at ? offered(at, words) : []

  useEffect(() => {
    const text = area.current
    if (!text || jump?.field !== name) return
    const lines = text.value.split('\n')
    const start = lines.slice(0, jump.line - 1).join('\n').length + (jump.line > 1 ? 1 : 0)
    text.focus()
    text.setSelectionRange(start, start + (lines[jump.line - 1]?.length ?? 0))
    text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, jump.line - 4)
  }, [jump, name])

  const look = () => {
    const text = area.current
    setChosen(0)
    setAt(text && !readOnly ? placeAt(text.value, text.selectionStart) : undefined)
  }
  const take = (word: string) => {
    const text = area.current
    if (!text || !at) return
    const caret = text.selectionStart
    const made = completed(text.value, caret, at, word)
    // by the browser, so that its own undo knows of it
    text.setRangeText(made.text.slice(at.from, made.caret), at.from, caret, 'end')
    text.focus()
    setAt(undefined)
    set(made.text)
  }
  const keys: Record<string, () => void> = {
    'arrow down': () => setChosen((chosen + 1) % options.length),
    'arrow up': () => setChosen((chosen - 1 + options.length) % options.length),
    enter: () => take(options[chosen]?.name ?? ''),
    tab: () => take(options[chosen]?.name ?? ''),
    escape: () => setAt(undefined),
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault()
      look()
      return
    }
    const act = options.length > 0 && keys[event.key.replace('Arrow', 'arrow ').toLowerCase()]
    if (!act || event.nativeEvent.isComposing || event.shiftKey) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }

  return (
    <Field label={label} help={help} error={error}>
      {(parts) => (
        // a program is written from left to right in every language
        <div className="relative" dir="ltr">
          <div className="flex overflow-hidden rounded-md border border-line-strong bg-surface font-mono text-sm leading-5">
            <pre
              ref={gutter}
              aria-hidden
              className="min-w-10 select-none overflow-hidden border-line border-e bg-canvas px-2 py-2 text-end font-mono text-ink-3"
              style={{ height: `${rows * LINE + 16}px` }}
            >
              <Numbers count={value.split('\n').length} marked={marked} />
            </pre>
            <textarea
              {...parts}
              ref={area}
              name={name}
              value={value}
              readOnly={readOnly}
              spellCheck={false}
              wrap="off"
              aria-autocomplete="list"
              aria-controls={options.length > 0 ? list : undefined}
              aria-activedescendant={options.length > 0 ? `${list}-${chosen}` : undefined}
              onFocus={() => setActive(true)}
              onBlur={() => setAt(undefined)}
              onClick={() => setAt(undefined)}
              onKeyDown={onKeyDown}
              onChange={(event) => {
                set(event.target.value)
                look()
              }}
              onScroll={(event) => {
                if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop
                setAt(undefined)
              }}
              className="min-w-0 flex-1 resize-none bg-surface px-2 py-2 font-mono text-ink text-sm leading-5 outline-offset-[-2px]"
              style={{ height: `${rows * LINE + 16}px`, fontSize: '12px' }}
            />
          </div>
          {at && options.length > 0 && area.current && (
            <div
              id={list}
              role="listbox"
              aria-label={t('source.offered')}
              className="enter absolute z-30 max-w-80 rounded-lg border border-line bg-raised p-1 shadow-popover"
              style={below(area.current, at.from)}
            >
              {options.map((option, n) => (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the text
                <div
                  key={option.name}
                  id={`${list}-${n}`}
                  role="option"
                  aria-selected={n === chosen}
                  tabIndex={-1}
                  // the text keeps the focus
                  onPointerDown={(event) => event.preventDefault()}
                  onClick={() => take(option.name)}
                  className={cx(
                    'flex min-h-7 items-center gap-3 rounded-md px-2',
                    n === chosen && 'bg-hover',
                  )}
                >
                  <span className="flex-1 truncate font-mono text-sm">{option.name}</span>
                  {option.label !== option.name && (
                    <span className="truncate text-ink-2 text-sm">{option.label}</span>
                  )}
                </div>
              ))}
            </div>
          )}
        </div>
      )}
    </Field>
  )
}

/** Below the place where it is written: the letters are all as wide. */
function below(text: HTMLTextAreaElement, from: number) {
  const lines = text.value.slice(0, from).split('\n')
  const column = lines.at(-1)?.length ?? 0
  const top = lines.length * LINE + 10 - text.scrollTop
  const left = Math.min(
    column * 7.2 + text.offsetLeft - text.scrollLeft,
    text.offsetLeft + text.clientWidth - 240,
  )
  return { top: `${top}px`, left: `${Math.max(0, left)}px` }
}

/** One text, but for the lines that something is said of. */
function Numbers({ count, marked }: { count: number; marked: Props['marked'] }) {
  const parts: { text: string; mark: boolean }[] = []
  for (let n = 1; n <= count; n++) {
    const mark = marked?.has(n) ?? false
    const last = parts.at(-1)
    if (last && !last.mark && !mark) last.text += `\n${n}`
    else parts.push({ text: `${n > 1 ? '\n' : ''}${mark ? '! ' : ''}${n}`, mark })
  }
  return parts.map(({ text, mark }) =>
    mark ? (
      <strong key={text} className="text-bad">
        {text}
      </strong>
    ) : (
      <span key={text}>{text}</span>
    ),
  )
}
