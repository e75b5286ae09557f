import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useDeferredValue, useEffect, useState } from 'react'
import { unwrap } from '@/lib/api'
import { api, workspaceId } from '@/lib/client'
import { moved, useConflict } from '@/lib/conflict'
import { dropDraft, keepDraft, readDraft } from '@/lib/draft'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { fieldErrors } from '@/lib/problem'
import { keys } from '@/lib/query-keys'
import { toast } from '@/lib/toast'
import { Button, buttonClass } from '@/ui/button'
import { Conflicted } from '@/ui/conflict'
import { TextField } from '@/ui/field'
import { Wrong } from '@/ui/form'
import { Card, Page, PageOf } from '@/ui/page'
import { Builder } from './builder'
import { Estimate } from './estimate'
import { isStarter, kinds, starter, starterName } from './grammar'
import { type Segment, segment } from './queries'
import { faultsOf, type Json, predicateOf, type Tree, treeOf } from './tree'

export function NewSegment() {
  const { starter: name } = useSearch({ strict: false }) as { starter?: string }
  const begun = isStarter(name)
    ? { name: starterName(name), predicate: starter[name] }
    : { name: '', predicate: { all: [kinds.field] } }
  return (
    <Page title={t('segments.new')}>
      <Form key={name} before={begun} draft={isStarter(name) ? undefined : 'new'} />
    </Page>
  )
}

export function EditSegment() {
  const { id = '' } = useParams({ strict: false })
  const query = useQuery({ ...segment(id), refetchInterval: false })
  return (
    <PageOf title={t('nav.segments')} query={query}>
      {(data) => (
        <Page title={data.name} below={t('segment.editing')}>
          <Form
            segment={data}
            before={{ name: data.name, predicate: data.predicate as Json }}
            draft={data.id}
          />
        </Page>
      )}
    </PageOf>
  )
}

type Begun = { name: string; predicate: Json }
const path = (id: string) => ({ params: { path: { id } } })

function save(
  segment: Segment | undefined,
  before: Begun,
  now: Begun,
  headers: Record<string, string>,
): Promise<Segment> {
  const predicate = now.predicate as never
  if (!segment) return unwrap(api.POST('/api/v1/segments', { body: { name: now.name, predicate } }))
  const moved = JSON.stringify(now.predicate) !== JSON.stringify(before.predicate)
  const body = {
    ...(now.name !== before.name && { name: now.name }),
    ...((moved || segment.problem) && { predicate }),
  }
  if (Object.keys(body).length === 0) return Promise.resolve(segment)
  return unwrap(api.PATCH('/api/v1/segments/{id}', { ...path(segment.id), body, headers }))
}

/** As a form has it: the predicate is its JSON. */
const written = ({ name, predicate }: { name: string; predicate: unknown }) => ({
  name,
  predicate: JSON.stringify(predicate),
})

/** A draft that this page wrote; what somebody else put there is none. */
function treeFrom(text: string, otherwise: Json): Tree {
  try {
    return treeOf(JSON.parse(text) as Json)
  } catch {
    return treeOf(otherwise)
  }
}

const names = { name: t('segments.name'), predicate: t('segments.who') }

type Props = { segment?: Segment; before: Begun; draft: string | undefined }

/** Name and predicate; what is written survives a reload. */
function Form({ segment: s, before, draft }: Props) {
  const cache = useQueryClient()
  const navigate = useNavigate()
  const name = `${workspaceId}:segment:${draft}`
  const empty = written(before)
  const [{ values: kept, was: begun }] = useState(() =>
    draft ? readDraft(name, empty) : { values: empty, was: empty },
  )
  const [tree, setTree] = useState(() => treeFrom(kept.predicate, before.predicate))
  const [refused, setRefused] = useState<unknown>()
  const predicate = predicateOf(tree)
  const text = JSON.stringify(predicate)
  const conflict = useConflict(
    `/api/v1/segments/${s?.id}`,
    async () => written(await unwrap(api.GET('/api/v1/segments/{id}', path(s?.id ?? '')))),
    begun,
    s && moved(begun, empty),
  )
  const { base } = conflict

  const form = useForm({ name: kept.name }, async (values) => {
    setRefused(undefined)
    try {
      const now = await conflict.guard((headers) => {
        const old = { ...base.current, predicate: JSON.parse(base.current.predicate) as Json }
        return save(s, old, { ...values, predicate }, headers)
      })
      if (draft) dropDraft(name)
      conflict.saved({ ...values, predicate: text })
      cache.setQueryData(keys.segment(now.id), now)
      void cache.invalidateQueries({ queryKey: keys.segments })
      toast({ kind: 'done', text: t('segment.saved', { name: now.name }) })
      void navigate({ to: '/segments/$id', params: { id: now.id } })
    } catch (error) {
      setRefused(error)
      // what is wrong with a condition stands at it
      const said = Object.keys(fieldErrors(error))
      if (said.join() !== 'predicate') throw error
    }
  })
  useEffect(() => {
    if (draft) keepDraft(name, { ...form.values, predicate: text }, base.current)
  }, [base, draft, name, form.values, text])

  const faults = faultsOf(tree, fieldErrors(refused))
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-gap">
      <div className="grid items-start gap-gap lg:grid-cols-[1fr_280px]">
        <div className="flex min-w-0 flex-col gap-gap">
          <Card>
            <TextField
              {...form.bind('name')}
              label={t('segments.name')}
              required
              maxLength={200}
              autoComplete="off"
            />
          </Card>
          <Card title={t('segments.who')}>
            <Builder
              tree={tree}
              faults={faults}
              set={(to) => {
                setRefused(undefined)
                setTree(to)
              }}
            />
          </Card>
        </div>
        <Estimate predicate={useDeferredValue(predicate)} />
      </div>
      <Conflicted
        conflict={conflict}
        mine={{ ...form.values, predicate: text }}
        names={names}
        onTheirs={(theirs) => {
          form.setAll({ name: theirs.name })
          setTree(treeFrom(theirs.predicate, before.predicate))
        }}
      />
      <Wrong text={conflict.theirs ? undefined : form.problem} />
      <div className="flex justify-end gap-2">
        {s ? (
          <Link to="/segments/$id" params={{ id: s.id }} className={buttonClass()}>
            {t('action.back')}
          </Link>
        ) : (
          <Link to="/segments" className={buttonClass()}>
            {t('action.back')}
          </Link>
        )}
        <Button type="submit" kind="primary" busy={form.busy}>
          {t(s ? 'action.save' : 'segments.make')}
        </Button>
      </div>
    </form>
  )
}
