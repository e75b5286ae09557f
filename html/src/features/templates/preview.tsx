import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { t, word } from '@/lib/i18n'
import { capital, sentence } from '@/lib/problem'
import { Button } from '@/ui/button'
import { FindContact, type Person } from '@/ui/find-contact'
import { Card } from '@/ui/page'
import { Tabs } from '@/ui/tabs'
import { rendered } from './queries'
import { filled, readApproved } from './whatsapp'
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
          {written.channel === 'whatsapp' ? (
            <Bubble content={data.content} />
          ) : (
            <Plain text={shown(written, data.content)} />
          )}
          {data.problem && <p className="px-4 pb-3 text-bad">{capital(data.problem)}</p>}
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

/** As WhatsApp shows it: the approved texts, with what stands for their placeholders. */
function Bubble({ content }: { content: unknown }) {
  const a = readApproved(JSON.stringify(content))
  if (!a) return null
  const [media] = a.format === 'text' || a.format === 'none' ? [] : [a.given.header['1']]
  return (
    <div className="p-4">
      <div className="max-w-80 overflow-hidden rounded-lg border border-line bg-accent-soft">
        <div className="flex flex-col gap-1.5 p-3">
          {media !== undefined && (
            <p className="break-all rounded-md border border-line-strong border-dashed p-3 text-ink-2 text-sm">
              {word('whatsapp.format', a.format)}: {media}
            </p>
          )}
          {a.format === 'text' && (
            <p className="break-words font-semibold">{filled(a.header, a.given.header)}</p>
          )}
          <p className="whitespace-pre-wrap break-words">{filled(a.body, a.given.body)}</p>
          {a.footer && <p className="break-words text-ink-2 text-sm">{a.footer}</p>}
        </div>
        {a.buttons.map((button, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a button is told by its number
          <p key={n} className="border-line border-t p-2 text-center font-medium text-accent">
            {button.text || word('whatsapp.button', button.type)}
          </p>
        ))}
      </div>
    </div>
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
