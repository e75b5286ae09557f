import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Minus, Plus } from 'lucide-react'
import { unwrap } from '@/lib/api'
import { api } from '@/lib/client'
import { useConflict } from '@/lib/conflict'
import { useForm } from '@/lib/form'
import { t } from '@/lib/i18n'
import { keys } from '@/lib/query-keys'
import { toast } from '@/lib/toast'
import { Button } from '@/ui/button'
import { Conflicted } from '@/ui/conflict'
import { Field, SelectField, TextField } from '@/ui/field'
import { Wrong } from '@/ui/form'
import { Card } from '@/ui/page'
import {
  bodyOf,
  inWords,
  MOST,
  names,
  numbers,
  setting,
  usual,
  type Values,
  valuesOf,
  variant,
  type Written,
} from './experiment-written'
import type { Campaign } from './queries'

/** Which variants there are, and how the better one is found. */
export function ExperimentForm({ campaign: c }: { campaign: Campaign }) {
  const cache = useQueryClient()
  const path = { params: { path: { id: c.id } } }
  const conflict = useConflict(
    `/api/v1/campaigns/${c.id}`,
    async () =>
      valuesOf((await unwrap(api.GET('/api/v1/campaigns/{id}', path))).experiment ?? usual),
    valuesOf(c.experiment ?? usual),
  )
  const save = async (experiment: Written | null) => {
    const now = await conflict.guard((headers) =>
      unwrap(api.PATCH('/api/v1/campaigns/{id}', { ...path, body: { experiment }, headers })),
    )
    conflict.saved(valuesOf(now.experiment ?? usual))
    cache.setQueryData(keys.campaign(c.id), now)
    void cache.invalidateQueries({ queryKey: keys.campaigns })
    toast({ kind: 'done', text: t(experiment ? 'experiment.saved' : 'experiment.dropped') })
  }
  const form = useForm(conflict.base.current, (values) => save(bodyOf(values, c.experiment)))
  const drop = useMutation({ mutationFn: () => save(null) })
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-gap">
      <Variants form={form} campaign={c} />
      <Rule form={form} />
      <Conflicted
        conflict={conflict}
        mine={form.values}
        names={names}
        say={inWords}
        onTheirs={form.setAll}
      />
      <Wrong text={conflict.theirs ? undefined : form.problem} />
      <div className="flex flex-wrap justify-end gap-2">
        {c.experiment && (
          <Button kind="danger" busy={drop.isPending} onClick={() => drop.mutate()}>
            {t('experiment.drop')}
          </Button>
        )}
        <Button type="submit" kind="primary" busy={form.busy}>
          {t(c.experiment ? 'action.save' : 'experiment.make')}
        </Button>
      </div>
    </form>
  )
}

type Part = { form: ReturnType<typeof useForm<Values>> }

function Variants({ form, campaign: c }: Part & { campaign: Campaign }) {
  const count = Number(form.values.count)
  return (
    <Card
      title={t('experiment.variants')}
      aside={
        <span className="flex gap-2">
          <Button
            icon={<Minus size={15} aria-hidden />}
            aria-label={t('experiment.fewer')}
            disabled={count <= 2}
            onClick={() => form.set('count', String(count - 1))}
          />
          <Button
            icon={<Plus size={15} aria-hidden />}
            aria-label={t('experiment.more')}
            disabled={count >= MOST}
            onClick={() => form.set('count', String(count + 1))}
          />
        </span>
      }
    >
      <p className="mb-4 max-w-[72ch] text-ink-2">{t('experiment.variantsHelp')}</p>
      <ol className="flex flex-col gap-5">
        {Array.from({ length: count }, (_, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a variant is its place
          <li key={n} className="border-line border-t pt-4 first:border-0 first:pt-0">
            <fieldset className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_96px_minmax(0,2fr)]">
              <legend className="sr-only">{t('experiment.nth', { n: n + 1 })}</legend>
              <TextField
                {...form.bind(variant(n, 'name'))}
                label={t('experiment.variant')}
                required
                maxLength={40}
              />
              <TextField
                {...form.bind(variant(n, 'weight'))}
                label={t('experiment.weight')}
                type="number"
                min={1}
                max={1000}
                required
              />
              {n === 0 ? (
                <p className="min-w-0 self-end pb-1.5 text-ink-2">
                  {t('experiment.asItIs', { subject: c.subject ?? '–' })}
                </p>
              ) : (
                <TextField
                  {...form.bind(variant(n, 'subject'))}
                  label={t('content.subject')}
                  placeholder={c.subject}
                />
              )}
              {n > 0 && <Content form={form} n={n} campaign={c} />}
            </fieldset>
          </li>
        ))}
      </ol>
    </Card>
  )
}

/** What else a variant may have of its own. */
function Content({ form, n, campaign: c }: Part & { n: number; campaign: Campaign }) {
  const html = variant(n, 'html')
  return (
    <details className="sm:col-span-3" open={!!form.values[html] || undefined}>
      <summary className="w-fit text-accent">{t('experiment.further')}</summary>
      <div className="mt-3 grid gap-4">
        <TextField
          {...form.bind(variant(n, 'from_name'))}
          label={t('experiment.fromName')}
          placeholder={c.from.replace(/ *<.*/, '')}
          maxLength={200}
        />
        <Field
          label={t('content.html')}
          help={t('experiment.htmlHelp')}
          error={form.bind(html).error}
        >
          {(parts) => (
            <textarea
              {...parts}
              name={html}
              rows={8}
              spellCheck={false}
              value={form.values[html]}
              onChange={(event) => form.set(html, event.target.value)}
              className="field h-auto resize-y py-2 font-mono text-sm"
            />
          )}
        </Field>
      </div>
    </details>
  )
}

const bounds = {
  test: [1, 100],
  hold_out: [0, 50],
  least: [1, 1_000_000],
  hours: [1, 720],
} as const

function Rule({ form }: Part) {
  const called = Array.from({ length: Number(form.values.count) }, (_, n) =>
    (form.values[variant(n, 'name')] ?? '').trim(),
  )
  return (
    <Card title={t('experiment.rule')}>
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          {...form.bind(setting('metric'))}
          label={t('experiment.metric')}
          help={form.values[setting('metric')] === 'opens' ? t('experiment.opensHelp') : undefined}
          options={[
            ['clicks', t('experiment.clicked')],
            ['opens', t('experiment.opened')],
          ]}
        />
        <SelectField
          {...form.bind(setting('rule'))}
          label={t('experiment.how.label')}
          help={t(`experiment.how.${form.values[setting('rule')] as 'fixed'}Help`)}
          options={[
            ['bayesian', t('experiment.how.bayesian')],
            ['sequential', t('experiment.how.sequential')],
            ['fixed', t('experiment.how.fixed')],
          ]}
        />
        {numbers.map((name) => (
          <TextField
            key={name}
            {...form.bind(setting(name))}
            label={t(`experiment.${name}`)}
            help={t(`experiment.${name}Help`)}
            type="number"
            min={bounds[name][0]}
            max={bounds[name][1]}
            required
          />
        ))}
        <SelectField
          {...form.bind(setting('fallback'))}
          label={t('experiment.fallback')}
          help={t('experiment.fallbackHelp')}
          options={called.map((name) => [name, name])}
        />
      </div>
    </Card>
  )
}
