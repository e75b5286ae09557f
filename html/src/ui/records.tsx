import type { Schemas } from '@/lib/client'
import { t, word } from '@/lib/i18n'
import { capital } from '@/lib/problem'
import { Badge, type Tone } from './badge'
import { CopyLine } from './copy'

type DnsRecord = Schemas['DomainRecord']

const tones: Record<DnsRecord['state'], Tone> = {
  ok: 'ok',
  missing: 'warn',
  wrong: 'bad',
  unknown: 'quiet',
}

/** What the DNS should say, to be copied, and what the last look found there. */
export function Records({ records }: { records: readonly DnsRecord[] }) {
  return (
    <ul className="flex flex-col gap-3" aria-label={t('domains.records')}>
      {records.map((row) => (
        <li
          key={`${row.purpose} ${row.name} ${row.key}`}
          className="flex flex-col gap-2 rounded-lg border border-line p-3"
        >
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="flex-1 font-medium">
              {word('dnsPurpose', row.purpose)} <span className="text-ink-3">{row.type}</span>
            </span>
            <Badge tone={tones[row.state]} label={word('dnsState', row.state)} />
          </div>
          <CopyLine text={row.name} label={t('domains.copyName', { name: row.name })} />
          {row.value && (
            <CopyLine text={row.value} label={t('domains.copyValue', { name: row.name })} />
          )}
          {row.message && <p className="text-ink-2 text-sm">{capital(row.message)}</p>}
        </li>
      ))}
    </ul>
  )
}
