import { useEffect, useRef } from 'react'
import { Field } from '@/ui/field'

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
}

/** Text with the numbers of its lines, which go along with it. */
export function Source({ name, label, help, error, value, set, jump, rows, readOnly }: Props) {
  const area = useRef<HTMLTextAreaElement>(null)
  const gutter = useRef<HTMLPreElement>(null)
  const count = value.split('\n').length

  useEffect(() => {
    const text = area.current
    if (!text || jump?.field !== name) return
    const lines = text.value.split('\n')
    const start = lines.slice(0, jump.line - 1).join('\n').length + (jump.line > 1 ? 1 : 0)
    text.focus()
    text.setSelectionRange(start, start + (lines[jump.line - 1]?.length ?? 0))
    text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, jump.line - 4)
  }, [jump, name])

  return (
    <Field label={label} help={help} error={error}>
      {(parts) => (
        <div className="flex overflow-hidden rounded-md border border-line-strong bg-surface font-mono text-sm leading-5">
          <pre
            ref={gutter}
            aria-hidden
            className="min-w-10 select-none overflow-hidden border-line border-e bg-canvas px-2 py-2 text-end font-mono text-ink-3"
            style={{ height: `${rows * 20 + 16}px` }}
          >
            {Array.from({ length: count }, (_, n) => n + 1).join('\n')}
          </pre>
          <textarea
            {...parts}
            ref={area}
            name={name}
            value={value}
            readOnly={readOnly}
            spellCheck={false}
            wrap="off"
            onChange={(event) => set(event.target.value)}
            onScroll={(event) => {
              if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop
            }}
            className="min-w-0 flex-1 resize-none bg-surface px-2 py-2 font-mono text-ink text-sm leading-5 outline-offset-[-2px]"
            style={{ height: `${rows * 20 + 16}px`, fontSize: '12px' }}
          />
        </div>
      )}
    </Field>
  )
}
