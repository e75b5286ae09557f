import { CircleAlert, CircleX } from 'lucide-react'
import type { Schemas } from '@/lib/client'
import { t } from '@/lib/i18n'

type Findings = Schemas['CampaignPreflight']['findings']

/** What stands against the start of a campaign. */
export function Preflight({ findings }: { findings: Findings }) {
  return (
    <ul className="flex flex-col gap-2">
      {findings.map(({ level, code, message }) => (
        <li key={`${code} ${message}`} className="flex items-start gap-2">
          {level === 'blocker' ? (
            <CircleX size={15} className="mt-0.5 shrink-0 text-bad" aria-hidden />
          ) : (
            <CircleAlert size={15} className="mt-0.5 shrink-0 text-warn" aria-hidden />
          )}
          <span>
            <span className="sr-only">{t(`preflight.${level}`)} </span>
            {message}
          </span>
        </li>
      ))}
    </ul>
  )
}
