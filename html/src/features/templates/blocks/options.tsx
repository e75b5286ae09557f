import { AlignCenter, AlignLeft, AlignRight, Bold, Braces, Italic, Link, List } from 'lucide-react'
import type { ReactNode } from 'react'
import { t } from '@/lib/i18n'
import { Button, buttonClass } from '@/ui/button'
import { SelectField, TextField } from '@/ui/field'
import { Menu } from '@/ui/menu'
import { useFields } from '../vocabulary'
import { type Block, cellsOf, block as empty, type Ratio, ratios, sizes, type Type } from './model'
import { useWork } from './work'

const writes: readonly Type[] = ['heading', 'text', 'button', 'html', 'footer']
const styled: readonly Type[] = ['text', 'footer']
const alignable: readonly Type[] = ['heading', 'text', 'button', 'image']

/** Puts something around what is marked in the text of a block, or at the caret. */
function around(id: string, before: string, after: string): void {
  const text = document.querySelector<HTMLTextAreaElement>(`[data-writing="${id}"]`)
  if (!text) return
  const { selectionStart: from, selectionEnd: to, value } = text
  text.setRangeText(before + value.slice(from, to) + after, from, to, 'select')
  text.setSelectionRange(from + before.length, to + before.length)
  text.dispatchEvent(new Event('input', { bubbles: true }))
  text.focus()
}

const marks = [
  ['block.bold', <Bold key="b" size={15} />, '**', '**'],
  ['block.italic', <Italic key="i" size={15} />, '*', '*'],
  ['block.link', <Link key="l" size={15} />, '[', '](https://)'],
  ['block.bullets', <List key="u" size={15} />, '\n- ', ''],
] as const

const sides = [
  ['start', 'block.start', <AlignLeft key="s" size={15} className="rtl:-scale-x-100" />],
  ['center', 'block.center', <AlignCenter key="c" size={15} />],
  ['end', 'block.end', <AlignRight key="e" size={15} className="rtl:-scale-x-100" />],
] as const

/** What a block is beside its text. */
export function Options({ block, children }: { block: Block; children: ReactNode }) {
  const { edit } = useWork()
  const fields = useFields()
  return (
    <>
      <div className="flex flex-wrap items-center gap-1">
        {styled.includes(block.type) &&
          marks.map(([says, icon, before, after]) => (
            <Button
              key={says}
              kind="ghost"
              icon={icon}
              aria-label={t(says)}
              onClick={() => around(block.id, before, after)}
            />
          ))}
        {writes.includes(block.type) && (
          <Menu
            label={t('block.variable')}
            align="start"
            trigger={<Braces size={15} aria-hidden />}
            className={buttonClass('ghost', true)}
            groups={[
              fields.map(({ name, label }) => ({
                label,
                run: () => around(block.id, `{{ ${name} }}`, ''),
              })),
            ]}
          />
        )}
        {alignable.includes(block.type) &&
          sides.map(([side, says, icon]) => (
            <Button
              key={side}
              kind={block.align === side ? 'plain' : 'ghost'}
              icon={icon}
              aria-label={t(says)}
              aria-pressed={block.align === side}
              onClick={() => edit(block.id, { align: side })}
            />
          ))}
        <span className="flex-1" />
        {children}
      </div>
      <div className="grid gap-3 sm:grid-cols-2">
        <Own block={block} />
        <TextField
          label={t('block.when')}
          help={t('block.whenHelp')}
          placeholder="contact.plan == 'gold'"
          value={block.when}
          onChange={(event) => edit(block.id, { when: event.target.value })}
          className="font-mono"
        />
      </div>
    </>
  )
}

const lines: Partial<
  Record<Type, readonly (readonly ['href' | 'src' | 'text' | 'list', string])[]>
> = {
  button: [['href', t('block.href')]],
  image: [
    ['src', t('block.src')],
    ['text', t('block.alt')],
    ['href', t('block.href')],
  ],
  loop: [['list', t('block.loopList')]],
}

function Own({ block }: { block: Block }) {
  const { edit } = useWork()
  const range = sizes[block.type]
  return (
    <>
      {lines[block.type]?.map(([name, label]) => (
        <TextField
          key={name}
          label={label}
          value={block[name]}
          onChange={(event) => edit(block.id, { [name]: event.target.value })}
          autoComplete="off"
        />
      ))}
      {block.type === 'columns' && (
        <SelectField
          label={t('block.ratio')}
          value={block.ratio}
          options={ratios.map((ratio) => [ratio, ratio.replaceAll(':', ' : ')])}
          onChange={(event) => edit(block.id, shared(block, event.target.value as Ratio))}
        />
      )}
      {block.type === 'heading' && (
        <SelectField
          label={t('block.size.heading')}
          value={String(block.size)}
          options={[1, 2, 3].map((n) => [String(n), t('block.level', { n })])}
          onChange={(event) => edit(block.id, { size: Number(event.target.value) })}
        />
      )}
      {range && block.type !== 'heading' && (
        <TextField
          label={t(`block.size.${block.type}` as 'block.size.image')}
          type="number"
          min={range.least}
          max={range.most}
          value={block.size}
          onChange={({ target }) => {
            const n = Math.round(target.valueAsNumber)
            if (n >= 0) edit(block.id, { size: Math.min(range.most, Math.max(range.least, n)) })
          }}
        />
      )}
    </>
  )
}

/** Other widths: what stood in a column that is no more stands in the last that is. */
function shared(block: Block, ratio: Ratio): Partial<Block> {
  const n = cellsOf(ratio)
  const made = empty('columns', { ratio }).cells.map((_, at) => block.cells[at] ?? [])
  return {
    ratio,
    cells: made.map((cell, at) =>
      at === n - 1 ? [...cell, ...block.cells.slice(n).flat()] : cell,
    ),
  }
}
