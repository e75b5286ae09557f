import { ArrowDown, ArrowUp, Copy, GripVertical, Trash2 } from 'lucide-react'
import { type KeyboardEvent, useId } from 'react'
import { t } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { cx } from '@/ui/cx'
import { type Dragging, useDrag } from './drag'
import { Face } from './faces'
import type { Block, Place } from './model'
import { Options } from './options'
import { typeName, useWork, type Work } from './work'

/** The mail as it is put together; blocks within blocks are lists in their own right. */
export function Canvas() {
  const { doc } = useWork()
  const drag = useDrag()
  const id = useId()
  return (
    <div className="rounded-lg border border-line bg-canvas p-2">
      <p id={id} className="sr-only">
        {t('block.handleHelp')}
      </p>
      <List blocks={doc.blocks} label={t('block.list')} cell={0} drag={drag} help={id} />
    </div>
  )
}

type ListProps = {
  blocks: Block[]
  label: string
  parent?: string
  cell: number
  drag: Dragging
  help: string
}

function List({ blocks, label, parent, cell, drag, help }: ListProps) {
  const { add, readOnly } = useWork()
  const place = (at: number): Place => ({ parent, cell, at })
  return (
    <ol aria-label={label} className="flex min-h-8 flex-col">
      {blocks.map((block, at) => (
        <li key={block.id}>
          <Slot place={place(at)} drag={drag} />
          <Item block={block} drag={drag} help={help} />
        </li>
      ))}
      <li>
        <Slot place={place(blocks.length)} drag={drag} />
        {blocks.length === 0 && !readOnly && (
          <Button
            kind="ghost"
            className="w-full border border-line-strong border-dashed"
            onClick={() => add('text', place(0))}
          >
            {t('block.empty')}
          </Button>
        )}
      </li>
    </ol>
  )
}

/** A place between blocks, which shows itself to what is dragged there. */
function Slot({ place, drag }: { place: Place; drag: Dragging }) {
  const at = `${place.parent ?? ''}/${place.cell}/${place.at}`
  return (
    <div
      data-slot={at}
      aria-hidden
      className={cx('h-1 rounded-full', drag.over === at && 'bg-accent')}
    />
  )
}

const keys: Record<string, (work: Work, id: string) => void> = {
  ArrowUp: (work, id) => work.step(id, -1),
  ArrowDown: (work, id) => work.step(id, 1),
  Delete: (work, id) => work.remove(id),
  Backspace: (work, id) => work.remove(id),
}

function Item({ block, drag, help }: { block: Block; drag: Dragging; help: string }) {
  const work = useWork()
  const here = work.selected === block.id
  const name = typeName(block.type)
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keys[event.key]
    if (!act) return
    event.preventDefault()
    act(work, block.id)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be that of a form
    <div
      role="group"
      aria-label={name}
      onFocus={(event) => {
        // the innermost one
        event.stopPropagation()
        work.select(block.id)
      }}
      className={cx(
        'rounded-md border bg-surface',
        here ? 'border-accent' : 'border-line',
        drag.id === block.id && 'opacity-50',
      )}
    >
      <div className="flex items-start gap-1 p-1">
        {!work.readOnly && (
          <button
            type="button"
            data-handle={block.id}
            aria-label={t('block.handle', { name })}
            aria-describedby={help}
            title={t('block.handleHelp')}
            onKeyDown={onKeyDown}
            onPointerDown={(event) => drag.start(event, block.id)}
            className="flex h-8 w-6 shrink-0 cursor-grab touch-none items-center justify-center rounded-md text-ink-3 hover:bg-hover"
          >
            <GripVertical size={15} aria-hidden />
          </button>
        )}
        <div className="min-w-0 flex-1">
          <Face block={block} />
          {block.cells.length > 0 && (
            <div className={cx('mt-1 grid gap-2', block.type === 'columns' && 'sm:grid-cols-2')}>
              {block.cells.map((cell, n) => (
                <List
                  // biome-ignore lint/suspicious/noArrayIndexKey: a column is the one at its place
                  key={n}
                  blocks={cell}
                  label={t(block.type === 'loop' ? 'block.each' : 'block.column', { n: n + 1 })}
                  parent={block.id}
                  cell={n}
                  drag={drag}
                  help={help}
                />
              ))}
            </div>
          )}
        </div>
      </div>
      {here && !work.readOnly && (
        <div className="flex flex-col gap-3 rounded-b-md border-line border-t bg-canvas p-2">
          <Options block={block}>
            <Deeds block={block} name={name} />
          </Options>
        </div>
      )}
    </div>
  )
}

function Deeds({ block, name }: { block: Block; name: string }) {
  const work = useWork()
  const deeds = [
    ['block.up', <ArrowUp key="up" size={15} />, () => work.step(block.id, -1)],
    ['block.down', <ArrowDown key="down" size={15} />, () => work.step(block.id, 1)],
    ['block.copy', <Copy key="copy" size={15} />, () => work.copy(block.id)],
    ['block.remove', <Trash2 key="remove" size={15} />, () => work.remove(block.id)],
  ] as const
  return (
    <>
      {deeds.map(([says, icon, run]) => (
        <Button key={says} kind="ghost" icon={icon} aria-label={t(says, { name })} onClick={run} />
      ))}
    </>
  )
}
