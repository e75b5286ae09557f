import { t, word } from '@/lib/i18n'
import { useCan } from '@/lib/session'
import { Card } from '@/ui/page'
import { DraftForm } from './draft'
import { type Campaign, isMail } from './queries'

/** What is sent, as it was written; a draft can be changed. */
export function Content({ campaign }: { campaign: Campaign }) {
  const can = useCan()
  return campaign.state === 'draft' && can('campaigns:write') ? (
    <DraftForm key={campaign.id} campaign={campaign} />
  ) : (
    <Written campaign={campaign} />
  )
}

function Written({ campaign: c }: { campaign: Campaign }) {
  const facts = [
    ...(isMail(c.channel)
      ? ([
          [t('content.from'), c.from],
          [t('content.subject'), c.subject],
        ] as const)
      : ([[t('templates.channel'), word('channel', c.channel ?? '')]] as const)),
    [t('content.tracking'), t(c.tracking ? 'content.counted' : 'content.notCounted')],
    [t('content.rate'), c.rate ? t('monitor.rate', { rate: c.rate }) : t('content.asFast')],
  ] as const
  return (
    <>
      <Card>
        <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2">
          {facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-ink-2">{name}</dt>
              <dd className="min-w-0 break-words">{value ?? '–'}</dd>
            </div>
          ))}
        </dl>
      </Card>
      {c.html && (
        <Card title={t('content.html')} flush>
          <pre className="whitespace-pre-wrap break-words p-4 font-mono text-sm">{c.html}</pre>
        </Card>
      )}
    </>
  )
}
