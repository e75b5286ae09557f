import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { t } from '@/lib/i18n'
import { sentence } from '@/lib/problem'
import { Button } from '@/ui/button'
import { FindContact, type Person } from '@/ui/find-contact'
import { Card } from '@/ui/page'
import { Tabs } from '@/ui/tabs'
import { rendered } from './queries'
import type { Written } from './written'

const looks = [
  ['desktop', t('preview.desktop')],
  ['phone', t('preview.phone')],
  ['dark', t('preview.dark')],
  ['text', t('preview.text')],
] as const
type Look = (typeof looks)[number][0]

type Props = {
  written: Written
  person: Person | undefined
  setPerson: (person: Person | undefined) => void
}

/** What somebody would get of what is written now. */
export function Preview({ written, person, setPerson }: Props) {
  const [look, setLook] = useState<Look>('desktop')
  const { data, error } = useQuery(rendered(written, person?.id))
  const mail = written.channel === 'email'
  return (
    <Card title={t('preview.title')} flush>
      <div className="flex flex-wrap items-center gap-2 px-4 py-2.5">
        {person ? (
          <Button icon={<X size={14} aria-hidden />} onClick={() => setPerson(undefined)}>
            {t('preview.as', { who: person.label })}
          </Button>
        ) : (
          <FindContact label={t('preview.who')} onFind={setPerson} />
        )}
      </div>
      {mail && <Tabs label={t('preview.title')} tabs={looks} current={look} onChoose={setLook} />}
      {error && (
        <p role="status" className="px-4 py-3 text-bad">
          {sentence(error)}
        </p>
      )}
      {!error && data && mail && (
        <>
          <p className="truncate border-line border-b px-4 py-2 font-medium">{data.subject}</p>
          {look === 'text' ? (
            <Plain text={data.text ?? ''} />
          ) : (
            <Frame html={data.html ?? ''} narrow={look === 'phone'} dark={look === 'dark'} />
          )}
        </>
      )}
      {!error && data && !mail && (
        <>
          <Plain text={shown(written, data.content)} />
          {data.sms && (
            <p className="px-4 pb-3 text-ink-2">
              {t('preview.sms', {
                count: data.sms.segments,
                characters: data.sms.characters,
                encoding: data.sms.encoding,
              })}
            </p>
          )}
        </>
      )}
    </Card>
  )
}

const shown = (written: Written, content: unknown): string =>
  written.channel === 'sms'
    ? String((content as { text?: string } | undefined)?.text ?? '')
    : JSON.stringify(content, null, 2)

const Plain = ({ text }: { text: string }) => (
  <pre
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
    tabIndex={0}
    className="max-h-[60vh] overflow-auto whitespace-pre-wrap break-words p-4 font-mono text-sm"
  >
    {text}
  </pre>
)

/** A page of its own, without an origin, which is told what to show. */
function Frame({ html, narrow, dark }: { html: string; narrow: boolean; dark: boolean }) {
  const frame = useRef<HTMLIFrameElement>(null)
  const [ready, setReady] = useState(false)
  useEffect(() => {
    if (ready) frame.current?.contentWindow?.postMessage({ html, dark }, '*')
  }, [ready, html, dark])
  return (
    <div className="bg-canvas">
      <iframe
        ref={frame}
        title={t('preview.frame')}
        src="/app/preview.html"
        sandbox="allow-scripts"
        onLoad={() => setReady(true)}
        className="mx-auto block h-[60vh] w-full border-0"
        style={{ maxWidth: narrow ? 375 : undefined, background: 'white' }}
      />
    </div>
  )
}
