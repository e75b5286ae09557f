import { Plus, X } from 'lucide-react'
import { t, word } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { Field, SelectField, TextField } from '@/ui/field'
import { useParsed } from './parsed'
import {
  type Approved,
  buttonTypes,
  categories,
  formats,
  headerPlaces,
  needs,
  placesOf,
  readApproved,
  type WaButton,
  writeApproved,
} from './whatsapp'

type Props = { content: string; set: (content: string) => void; readOnly: boolean }
type Edit = { a: Approved; edit: (to: Partial<Approved>) => void }

const words = (group: string, all: readonly string[]) =>
  all.map((name) => [name, word(group, name)] as [string, string])

/** A template as WhatsApp has approved it, and what stands for its placeholders. */
export function WhatsappForm({ content, set, readOnly }: Props) {
  const [a, change] = useParsed(content, readApproved, writeApproved, set)
  if (!a) return null
  const edit = (to: Partial<Approved>) => change({ ...a, ...to })
  return (
    <fieldset disabled={readOnly} className="flex flex-col gap-4">
      <legend className="sr-only">{t('whatsapp.form')}</legend>
      <div className="grid gap-3 sm:grid-cols-3">
        <TextField
          label={t('whatsapp.name')}
          help={t('whatsapp.nameHelp')}
          value={a.name}
          onChange={(event) => edit({ name: event.target.value })}
        />
        <TextField
          label={t('whatsapp.language')}
          value={a.language}
          onChange={(event) => edit({ language: event.target.value })}
        />
        <SelectField
          label={t('whatsapp.category')}
          value={a.category}
          options={words('whatsapp.category', categories)}
          onChange={(event) => edit({ category: event.target.value })}
        />
      </div>
      <div className="grid gap-3 sm:grid-cols-3">
        <SelectField
          label={t('whatsapp.header')}
          value={a.format}
          options={words('whatsapp.format', formats)}
          onChange={(event) => edit({ format: event.target.value })}
        />
        {a.format === 'text' && (
          <div className="sm:col-span-2">
            <TextField
              label={t('whatsapp.headerText')}
              value={a.header}
              maxLength={60}
              onChange={(event) => edit({ header: event.target.value })}
            />
          </div>
        )}
      </div>
      <Given of="header" places={headerPlaces(a)} a={a} edit={edit} />
      <Field
        label={t('whatsapp.body')}
        help={t('whatsapp.bodyHelp', { one: '{{1}}', two: '{{2}}' })}
      >
        {(parts) => (
          <textarea
            {...parts}
            value={a.body}
            rows={6}
            maxLength={1024}
            onChange={(event) => edit({ body: event.target.value })}
            className="field h-auto py-2"
          />
        )}
      </Field>
      <Given of="body" places={placesOf(a.body)} a={a} edit={edit} />
      <TextField
        label={t('whatsapp.footer')}
        value={a.footer}
        maxLength={60}
        onChange={(event) => edit({ footer: event.target.value })}
      />
      <Buttons a={a} edit={edit} />
    </fieldset>
  )
}

/** What stands for each placeholder, of each recipient. */
function Given({ of, places, a, edit }: Edit & { of: 'header' | 'body'; places: string[] }) {
  if (places.length === 0) return null
  return (
    <div className="grid gap-3 rounded-md border border-line bg-canvas p-3 sm:grid-cols-2">
      {places.map((name) => (
        <TextField
          key={name}
          label={
            of === 'header' && a.format !== 'text'
              ? t('whatsapp.media')
              : t('whatsapp.given', { place: `{{${name}}}` })
          }
          value={a.given[of][name] ?? ''}
          placeholder="{{ contact.first_name }}"
          onChange={(event) =>
            edit({ given: { ...a.given, [of]: { ...a.given[of], [name]: event.target.value } } })
          }
          className="font-mono"
        />
      ))}
    </div>
  )
}

function Buttons({ a, edit }: Edit) {
  const set = (n: number, to: Partial<WaButton>) =>
    edit({ buttons: a.buttons.map((one, at) => (at === n ? { ...one, ...to } : one)) })
  return (
    <div className="flex flex-col gap-3">
      <h3 className="font-medium text-ink-2 text-sm">{t('whatsapp.buttons')}</h3>
      {a.buttons.map((one, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a button is told by its number
        <div key={n} className="flex items-end gap-2">
          <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-2">
            <SelectField
              label={t('whatsapp.button.type', { n: n + 1 })}
              value={one.type}
              options={words('whatsapp.button', buttonTypes)}
              onChange={(event) => set(n, { type: event.target.value, to: '' })}
            />
            {one.type !== 'copy_code' && (
              <TextField
                label={t('whatsapp.button.text', { n: n + 1 })}
                value={one.text}
                maxLength={25}
                onChange={(event) => set(n, { text: event.target.value })}
              />
            )}
            {(one.type === 'url' || one.type === 'phone_number') && (
              <TextField
                label={t(`whatsapp.to.${one.type}`, { n: n + 1 })}
                value={one.to}
                placeholder={one.type === 'url' ? 'https://' : '+49'}
                onChange={(event) => set(n, { to: event.target.value })}
              />
            )}
            {needs(one) && (
              <TextField
                label={t('whatsapp.button.parameter', { n: n + 1 })}
                value={one.parameter}
                onChange={(event) => set(n, { parameter: event.target.value })}
                className="font-mono"
              />
            )}
          </div>
          <Button
            kind="ghost"
            icon={<X size={15} />}
            aria-label={t('whatsapp.noButton', { n: n + 1 })}
            onClick={() => edit({ buttons: a.buttons.filter((_, at) => at !== n) })}
          />
        </div>
      ))}
      {a.buttons.length < 10 && (
        <div>
          <Button
            icon={<Plus size={15} aria-hidden />}
            onClick={() =>
              edit({
                buttons: [...a.buttons, { type: 'quick_reply', text: '', to: '', parameter: '' }],
              })
            }
          >
            {t('whatsapp.addButton')}
          </Button>
        </div>
      )}
    </div>
  )
}
