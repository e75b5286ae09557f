import { useQuery } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, CircleX, Info } from 'lucide-react'
import type { ReactNode } from 'react'
import { t, word } from '@/lib/i18n'
import { capital } from '@/lib/problem'
import { Card } from '@/ui/page'
import { linted } from './queries'
import type { Jump } from './source'
import { near, type Written } from './written'

const icons: Record<string, ReactNode> = {
  error: <CircleX size={15} className="mt-0.5 shrink-0 text-bad" aria-hidden />,
  warning: <CircleAlert size={15} className="mt-0.5 shrink-0 text-warn" aria-hidden />,
  info: <Info size={15} className="mt-0.5 shrink-0 text-info" aria-hidden />,
}

type Props = {
  written: Written
  /** is its html written by hand? Else no line of it can be gone to */
  byHand: boolean
  onJump: (to: Jump) => void
}

/** What speaks against what is written now. */
export function Findings({ written, byHand, onJump }: Props) {
  const { data, error } = useQuery(linted(written))
  // what does not compile is said at its field
  if (error || !data) return null
  return (
    <Card title={t('lint.title')}>
      {data.findings.length === 0 ? (
        <p className="flex items-center gap-2">
          <CircleCheck size={15} className="text-ok" aria-hidden />
          {t('lint.none')}
        </p>
      ) : (
        <ul className="flex flex-col gap-2">
          {data.findings.map((f) => (
            <li
              key={`${f.rule} ${f.field} ${f.snippet} ${f.locale} ${f.line} ${f.column} ${f.message}`}
              className="flex items-start gap-2"
            >
              {icons[f.severity]}
              <span className="min-w-0 flex-1 break-words">
                <span className="sr-only">{word('severity', f.severity)}: </span>
                {capital(f.message)}{' '}
                {near(f) && (byHand || f.field !== 'html') && (
                  <button
                    type="button"
                    className="whitespace-nowrap text-accent underline"
                    onClick={() => onJump({ field: f.field, line: f.line ?? 1 })}
                  >
                    {t('lint.line', { field: word('part', f.field), line: f.line ?? 1 })}
                  </button>
                )}
                {f.snippet && <span className="text-ink-2">{f.snippet}</span>}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
