import { useQuery } from '@tanstack/react-query'
import { t } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { rendered } from './queries'
import { canBePlain, foreign, plain } from './sms'
import type { Written } from './written'

type Props = {
  written: Written
  person: string | undefined
  text: string
  readOnly: boolean
  set: (text: string) => void
}

/** How it is billed, as somebody would get it, and what makes it dear. */
export function SmsCount({ written, person, text, readOnly, set }: Props) {
  const { data } = useQuery(rendered(written, person))
  const sms = text ? data?.sms : undefined
  const odd = foreign(text)
  const share = sms ? sms.units / (sms.units + sms.left) : 0
  return (
    <div className="flex flex-col gap-2">
      <div role="status" className="flex flex-wrap gap-x-6 gap-y-1">
        {(
          [
            [t('sms.segments'), sms?.segments],
            [t('sms.characters'), sms?.characters],
            [t('sms.left'), sms?.left],
            [t('sms.encoding'), sms?.encoding],
          ] as const
        ).map(([label, value]) => (
          <p key={label} className="flex flex-col">
            <span className="text-ink-2 text-sm">{label}</span>
            <span className="font-semibold text-lg tabular-nums">{value ?? '–'}</span>
          </p>
        ))}
      </div>
      <div aria-hidden className="h-1 overflow-hidden rounded-full bg-hover">
        <div className="h-full bg-accent" style={{ width: `${share * 100}%` }} />
      </div>
      {odd.length > 0 && (
        <div className="flex flex-wrap items-center gap-2">
          <p className="min-w-0 flex-1 basis-60 text-sm text-warn">
            {t('sms.odd', { characters: odd.slice(0, 20).join(' ') })}
          </p>
          {canBePlain(text) && !readOnly && (
            <Button onClick={() => set(plain(text))}>{t('sms.plain')}</Button>
          )}
        </div>
      )}
      <p className="text-ink-3 text-sm">{t(person ? 'sms.ofPerson' : 'sms.ofNobody')}</p>
    </div>
  )
}
