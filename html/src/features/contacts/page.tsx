import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { dateTime } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { useCan } from '@/lib/session'
import { Badge, Tag } from '@/ui/badge'
import { Card, Page, PageOf } from '@/ui/page'
import { Edit } from './edit'
import { type Contact, consentTone, contact, nameOf } from './queries'
import { Timeline } from './timeline'

export function ContactPage() {
  const { id = '' } = useParams({ strict: false })
  const query = useQuery(contact(id))
  return (
    <PageOf title={t('nav.contacts')} query={query}>
      {(data) => <One contact={data} />}
    </PageOf>
  )
}

function One({ contact: c }: { contact: Contact }) {
  const can = useCan()
  return (
    <Page
      title={nameOf(c)}
      below={t('contact.since', { at: dateTime(c.created_at) })}
      actions={can('contacts:write') && <Edit contact={c} />}
    >
      <div className="grid items-start gap-gap lg:grid-cols-[320px_1fr]">
        <div className="flex min-w-0 flex-col gap-gap">
          <Identity contact={c} />
          <Consent contact={c} />
          <Fields contact={c} />
        </div>
        <Timeline id={c.id} />
      </div>
    </Page>
  )
}

/** Name and value, a line each; what is not known is left out. */
function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
      {facts
        .filter(([, value]) => value !== null && value !== '' && value !== undefined)
        .map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-2">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
    </dl>
  )
}

function Identity({ contact: c }: { contact: Contact }) {
  return (
    <Card title={t('contact.identity')}>
      <Facts
        facts={[
          [t('contacts.email'), c.email],
          [t('contact.phone'), c.phone],
          [t('contact.externalId'), c.external_id],
          [t('contact.zone'), c.zone],
          [t('contact.locale'), c.locale],
        ]}
      />
      {c.tags.length > 0 && (
        <p className="mt-3 flex flex-wrap gap-1">
          {c.tags.map((tag) => (
            <Link key={tag} to="/contacts" search={{ tag }} className="hover:underline">
              <Tag label={tag} />
            </Link>
          ))}
        </p>
      )}
    </Card>
  )
}

function Consent({ contact: c }: { contact: Contact }) {
  return (
    <Card title={t('contacts.consent')}>
      <Facts
        facts={Object.entries(c.consent).map(([channel, said]) => [
          word('channel', channel),
          <Badge key={channel} tone={consentTone[said] ?? 'quiet'} label={word('consent', said)} />,
        ])}
      />
      {!c.tracking && <p className="mt-3 text-ink-2">{t('contact.notTracked')}</p>}
    </Card>
  )
}

function Fields({ contact: c }: { contact: Contact }) {
  const all = Object.entries(c.attributes as Record<string, unknown>)
  if (all.length === 0) return null
  return (
    <Card title={t('contact.fields')}>
      <Facts
        facts={all.map(([name, value]) => [
          name,
          typeof value === 'object' ? JSON.stringify(value) : String(value),
        ])}
      />
    </Card>
  )
}
