import { useQuery, useQueryClient } from '@tanstack/react-query'
import { FileUp } from 'lucide-react'
import { type DragEvent, useId, useState } from 'react'
import { fields, guess, mapping, parseCsv } from '@/lib/csv'
import { bytes } from '@/lib/format'
import { t, word } from '@/lib/i18n'
import { Refused, sentence } from '@/lib/problem'
import { keys } from '@/lib/query-keys'
import { makeList, upload } from '@/lib/upload'
import { Button } from '@/ui/button'
import { Dialog, DialogActions } from '@/ui/dialog'
import { SelectField, TextField } from '@/ui/field'
import { lists } from './queries'

type Sheet = { file: File; columns: string[]; sample: string[][] }

const SEEN = 65_536
const NEW = 'new'

async function open(file: File): Promise<Sheet> {
  const text = (await file.slice(0, SEEN).text()).replace(/^\uFEFF/, '')
  const [columns, ...sample] = parseCsv(text, 5)
  if (!columns || columns.every((name) => !name.trim())) throw new Refused(t('wizard.noHeader'))
  return { file, columns, sample }
}

type Props = { onClose: () => void; onBegun: (id: string) => void }

/** A file, where its columns go, and a list: three questions. */
export function Wizard({ onClose, onBegun }: Props) {
  const [sheet, setSheet] = useState<Sheet>()
  const [problem, setProblem] = useState<string>()
  const take = (file: File | undefined) => {
    setProblem(undefined)
    if (file) open(file).then(setSheet, (error) => setProblem(sentence(error)))
  }
  return (
    <Dialog title={t('wizard.title')} wide onClose={onClose}>
      {sheet ? (
        <Columns sheet={sheet} onBack={() => setSheet(undefined)} onBegun={onBegun} />
      ) : (
        <Choose onFile={take} />
      )}
      {problem && (
        <p role="alert" className="mt-3 text-bad">
          {problem}
        </p>
      )}
    </Dialog>
  )
}

function Choose({ onFile }: { onFile: (file: File | undefined) => void }) {
  const id = useId()
  const drop = (event: DragEvent) => {
    event.preventDefault()
    onFile(event.dataTransfer.files[0])
  }
  return (
    <div className="flex flex-col gap-3">
      <p className="text-ink-2">{t('wizard.help')}</p>
      <label
        htmlFor={id}
        onDragOver={(event) => event.preventDefault()}
        onDrop={drop}
        className="flex cursor-pointer flex-col items-center gap-2 rounded-lg border border-line-strong border-dashed px-4 py-10 text-center hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-accent"
      >
        <FileUp size={22} aria-hidden className="text-ink-3" />
        <span className="font-medium">{t('wizard.choose')}</span>
        <input
          id={id}
          type="file"
          accept=".csv,text/csv"
          className="sr-only"
          onChange={(event) => onFile(event.target.files?.[0])}
        />
      </label>
    </div>
  )
}

type ColumnsProps = { sheet: Sheet; onBack: () => void; onBegun: (id: string) => void }

function Columns({ sheet, onBack, onBegun }: ColumnsProps) {
  const cache = useQueryClient()
  const known = useQuery(lists).data?.items ?? []
  const [to, setTo] = useState(() => sheet.columns.map(guess))
  const [list, setList] = useState(NEW)
  const [name, setName] = useState(sheet.file.name.replace(/\.\w+$/, ''))
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const identified = to.some((field) => ['email', 'phone', 'external_id'].includes(field))

  const begin = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const chosen = list === NEW ? (await makeList(name.trim())).id : list || undefined
      if (list === NEW && chosen) setList(chosen)
      const made = await upload(sheet.file, chosen, mapping(sheet.columns, to))
      void cache.invalidateQueries({ queryKey: keys.imports })
      void cache.invalidateQueries({ queryKey: keys.lists })
      onBegun(made.id)
    } catch (error) {
      setProblem(sentence(error))
      setBusy(false)
    }
  }

  return (
    <div className="flex flex-col gap-4">
      <p className="text-ink-2">
        {sheet.file.name} · {bytes(sheet.file.size)}
      </p>
      <div className="overflow-x-auto rounded-lg border border-line">
        <table className="w-full border-collapse">
          <thead>
            <tr>
              {[t('wizard.column'), t('wizard.goesTo'), t('wizard.sample')].map((title) => (
                <th
                  key={title}
                  scope="col"
                  className="h-9 px-3 text-start font-medium text-ink-2 text-sm"
                >
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sheet.columns.map((column, n) => (
              <tr key={column} className="border-line border-t">
                <td className="max-w-40 truncate px-3 font-medium">{column}</td>
                <td className="px-3 py-1">
                  <select
                    aria-label={t('wizard.goesToOf', { column })}
                    className="field min-w-36"
                    value={to[n]}
                    onChange={(event) => setTo(to.with(n, event.target.value))}
                  >
                    <option value="">{t('wizard.attribute', { column })}</option>
                    {fields.map((field) => (
                      <option key={field} value={field}>
                        {word('contactField', field)}
                      </option>
                    ))}
                    <option value="ignore">{t('wizard.ignore')}</option>
                  </select>
                </td>
                <td className="max-w-48 truncate px-3 text-ink-3">
                  {sheet.sample
                    .map((row) => row[n])
                    .filter(Boolean)
                    .slice(0, 3)
                    .join(', ')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {!identified && <p className="text-warn">{t('wizard.noIdentity')}</p>}
      <div className="grid gap-3 sm:grid-cols-2">
        <SelectField
          label={t('wizard.list')}
          value={list}
          onChange={(event) => setList(event.target.value)}
          options={[
            [NEW, t('wizard.newList')],
            ['', t('wizard.noList')],
            ...known.map(({ id, name: label }) => [id, label] as [string, string]),
          ]}
        />
        {list === NEW && (
          <TextField
            label={t('wizard.listName')}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </div>
      {problem && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
      <DialogActions>
        <Button onClick={onBack}>{t('action.back')}</Button>
        <Button
          kind="primary"
          busy={busy}
          disabled={!identified || (list === NEW && !name.trim())}
          onClick={() => void begin()}
        >
          {t('wizard.begin')}
        </Button>
      </DialogActions>
    </div>
  )
}
