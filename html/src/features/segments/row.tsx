/** One condition: its kind, and what that asks for. */
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { t, word } from '@/lib/i18n'
import { EventParts } from './event'
import { fields, type Kind, kindOf, kinds, options, withField } from './grammar'
import { Choice, Numeric, type Part, Test, Text } from './inputs'
import { known } from './queries'
import type { Json } from './tree'

/** A field that each has, of a contact or of his company. */
function Field({ is, set }: Part) {
  const kind = kindOf(is) as keyof typeof fields
  return (
    <>
      <Choice
        label={t('builder.field')}
        value={String(is[kind])}
        set={(name) => set(withField(is, kind, name))}
        of={options(`${kind === 'field' ? 'contact' : 'company'}Field`, fields[kind])}
      />
      <Test is={is} set={set} />
    </>
  )
}

/** A field of the workspace's own. */
function Attribute({ is, set }: Part) {
  const kind = kindOf(is)
  const [near, setNear] = useState(false)
  // which there are helps who writes the name, and nobody else
  const { data } = useQuery({ ...known.fields, enabled: near && kind === 'attribute' })
  return (
    <>
      <Text
        label={t('builder.attribute')}
        value={is[kind]}
        set={(name) => set({ ...is, [kind]: name })}
        onNear={() => setNear(true)}
        known={data?.items.map(({ key }) => key) ?? []}
      />
      <Test is={is} set={set} />
    </>
  )
}

const Tag = ({ is, set }: Part) => (
  <Text label={t('builder.tag')} value={is.tag} set={(tag) => set({ tag })} />
)

type Named = { id: string; name: string }

/** One of those that are there; one that is not any more stays as it is. */
function OneOf({
  label,
  value,
  set,
  of,
}: {
  label: string
  value: string
  set: (value: string) => void
  of: readonly Named[] | undefined
}) {
  const all = (of ?? []).map(({ id, name }) => [id, name] as const)
  const there = value === '' || all.some(([id]) => id === value)
  return (
    <Choice
      grow
      label={label}
      value={value}
      set={set}
      of={[['', label], ...all, ...(there ? [] : [[value, value] as const])]}
    />
  )
}

function List({ is, set }: Part) {
  const { data } = useQuery(known.lists)
  return (
    <OneOf
      label={t('draft.chooseList')}
      value={String(is.list)}
      set={(list) => set({ list })}
      of={data?.items}
    />
  )
}

function Campaign({ is, set }: Part) {
  const { data } = useQuery(known.campaigns)
  return (
    <>
      <OneOf
        label={t('builder.campaign')}
        value={String(is.campaign)}
        set={(campaign) => set({ ...is, campaign })}
        of={data?.items}
      />
      <Choice
        label={t('builder.did')}
        value={String(is.did)}
        set={(did) => set({ ...is, did })}
        of={options('campaignDid', ['sent', 'opened', 'clicked', 'unsubscribed'])}
      />
    </>
  )
}

function Consent({ is, set }: Part) {
  return (
    <>
      <Choice
        label={t('builder.channel')}
        value={String(is.consent)}
        set={(consent) => set({ ...is, consent })}
        of={options('channel', ['email', 'sms', 'whatsapp', 'voice'])}
      />
      <Choice
        label={t('contacts.consent')}
        value={String(is.is)}
        set={(said) => set({ ...is, is: said })}
        of={options('consent', ['granted', 'revoked', 'unknown'])}
      />
    </>
  )
}

const Said = ({ children }: { children: ReactNode }) => (
  <span className="text-ink-2">{children}</span>
)

function Near({ is, set }: Part) {
  const near = is.near as Json
  const part = (name: string, label: string, min: number, max: number) => (
    <Numeric
      label={label}
      value={near[name]}
      set={(to) => set({ near: { ...near, [name]: to } })}
      min={min}
      max={max}
    />
  )
  return (
    <>
      {part('kilometres', t('builder.kilometres'), 0, 20_000)}
      <Said>{t('builder.kmFrom')}</Said>
      {part('latitude', t('builder.latitude'), -90, 90)}
      {part('longitude', t('builder.longitude'), -180, 180)}
    </>
  )
}

function Bucket({ is, set }: Part) {
  const bucket = is.bucket as Json
  const part = (name: string, label: string, min: number, max: number) => (
    <Numeric
      label={label}
      value={bucket[name]}
      set={(to) => set({ bucket: { ...bucket, [name]: to } })}
      min={min}
      max={max}
      step={1}
    />
  )
  return (
    <>
      {part('from', t('builder.from'), 0, 99)}
      <Said>{t('builder.to')}</Said>
      {part('to', t('builder.until'), 1, 100)}
      <Said>%</Said>
      <Text
        label={t('builder.salt')}
        value={bucket.salt}
        set={(salt) => set({ bucket: { ...bucket, salt } })}
      />
    </>
  )
}

const parts: Record<Kind, (part: Part) => ReactNode> = {
  field: Field,
  attribute: Attribute,
  tag: Tag,
  list: List,
  consent: Consent,
  event: EventParts,
  campaign: Campaign,
  near: Near,
  company: Field,
  company_attribute: Attribute,
  bucket: Bucket,
}

export function ConditionParts({ is, set }: Part) {
  const kind = kindOf(is)
  const Rest = parts[kind]
  return (
    <>
      <Choice
        label={t('builder.kind')}
        value={kind}
        set={(to) => set(kinds[to as Kind])}
        of={(Object.keys(kinds) as Kind[]).map((name) => [name, word('predicateKind', name)])}
      />
      <Rest is={is} set={set} />
    </>
  )
}
