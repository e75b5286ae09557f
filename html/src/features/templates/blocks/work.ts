/** What the parts of the block editor share: the document, and what is done to it. */
import { createContext, useContext, useRef, useState } from 'react'
import { t } from '@/lib/i18n'
import { begin, did, type History, redo, undo } from './history'
import {
  allowed,
  type Block,
  block,
  change,
  type Doc,
  duplicate,
  find,
  insert,
  move,
  type Place,
  parseDoc,
  remove,
  step,
  type Type,
  writeDoc,
} from './model'

export type Work = {
  doc: Doc
  readOnly: boolean
  selected: string | undefined
  /** what was done, for who does not see it */
  said: string
  /** a handle that is to have the focus */
  wants: string | undefined
  canUndo: boolean
  canRedo: boolean
  select: (id: string | undefined) => void
  settings: (to: Partial<Doc>) => void
  edit: (id: string, to: Partial<Block>) => void
  add: (type: Type, at?: Place) => void
  drop: (id: string, to: Place) => void
  step: (id: string, by: 1 | -1) => void
  copy: (id: string) => void
  remove: (id: string) => void
  undo: () => void
  redo: () => void
}

const Context = createContext<Work | undefined>(undefined)
export const Working = Context.Provider

export function useWork(): Work {
  const work = useContext(Context)
  if (!work) throw new Error('no editor is around this')
  return work
}

export const typeName = (type: Type): string => t(`block.type.${type}`)

/** What a new block says until somebody writes something else. */
const first: Partial<Record<Type, () => Partial<Block>>> = {
  heading: () => ({ text: t('block.first.heading'), size: 2 }),
  text: () => ({ text: t('template.first.write') }),
  button: () => ({ text: t('block.look'), href: 'https://' }),
  columns: () => ({
    cells: [0, 1].map(() => [block('text', { text: t('template.first.write') })]),
  }),
  loop: () => ({
    list: 'contact.products',
    cells: [
      [
        block('image', {
          src: '{{ item.image }}',
          text: '{{ item.title }}',
          href: '{{ item.url }}',
        }),
        block('heading', { text: '{{ item.title }}', size: 3 }),
        block('text', { text: '{{ item.price | money: "EUR" }}' }),
        block('button', { text: t('block.look'), href: '{{ item.url }}' }),
      ],
    ],
  }),
  footer: () => ({
    text: `[${t('template.first.unsubscribe')}]({{ unsubscribe_url }}) · [${t('block.preferences')}]({{ preferences_url }})`,
  }),
}

/** Beside what is selected, else at the end, before the foot. */
function placeFor(doc: Doc, selected: string | undefined): Place {
  const at = selected ? find(doc.blocks, selected) : undefined
  if (at) return { parent: at.parent?.id, cell: at.cell, at: at.at + 1 }
  const foot = doc.blocks.findIndex((one) => one.type === 'footer')
  return { parent: undefined, cell: 0, at: foot < 0 ? doc.blocks.length : foot }
}

export function useDocument(
  source: string,
  readOnly: boolean,
  onChange: (source: string) => void,
): Work {
  const [h, setH] = useState<History>(() => begin(parseDoc(source)))
  const [selected, select] = useState<string>()
  const [said, say] = useState('')
  const [wants, want] = useState<string>()
  const told = useRef(source)
  const now = useRef(h)

  // another has taken the place of what was written here
  if (source !== told.current) {
    told.current = source
    now.current = did(now.current, parseDoc(source))
    setH(now.current)
  }

  const go = (to: History) => {
    if (readOnly || to === now.current) return
    now.current = to
    setH(to)
    told.current = writeDoc(to.now)
    onChange(told.current)
  }
  const set = (blocks: Block[], tag?: string) =>
    go(did(now.current, { ...now.current.now, blocks }, tag))
  const named = (id: string) => {
    const found = find(now.current.now.blocks, id)
    return { name: found ? typeName(found.block.type) : '', found }
  }
  const moved = (id: string) => {
    const { name, found } = named(id)
    want(id)
    if (found) say(t('block.moved', { name, at: found.at + 1, of: found.beside.length }))
  }

  return {
    doc: h.now,
    readOnly,
    selected,
    said,
    wants,
    canUndo: h.past.length > 0,
    canRedo: h.next.length > 0,
    select,
    settings: (to) => go(did(now.current, { ...now.current.now, ...to }, Object.keys(to).join())),
    edit: (id, to) => set(change(now.current.now.blocks, id, to), `${id} ${Object.keys(to)}`),
    add: (type, at) => {
      const one = block(type, first[type]?.() ?? {})
      const { now: doc } = now.current
      set(insert(doc.blocks, allowed(doc.blocks, at ?? placeFor(doc, selected), type), one))
      select(one.id)
      want(one.id)
      say(t('block.added', { name: typeName(type) }))
    },
    drop: (id, to) => {
      set(move(now.current.now.blocks, id, to))
      moved(id)
    },
    step: (id, by) => {
      set(step(now.current.now.blocks, id, by))
      moved(id)
    },
    copy: (id) => {
      const { blocks, made } = duplicate(now.current.now.blocks, id)
      set(blocks)
      if (!made) return
      select(made.id)
      want(made.id)
      say(t('block.added', { name: typeName(made.type) }))
    },
    remove: (id) => {
      const { name, found } = named(id)
      const next = found?.beside[found.at + 1] ?? found?.beside[found.at - 1] ?? found?.parent
      set(remove(now.current.now.blocks, id))
      select(next?.id)
      want(next?.id)
      say(t('block.removed', { name }))
    },
    undo: () => {
      go(undo(now.current))
      say(t('block.undone'))
    },
    redo: () => {
      go(redo(now.current))
      say(t('block.redone'))
    },
  }
}
