/**
 * The document of a mail of blocks: what the editor edits and mail.ts makes HTML
 * of. It comes from the API as anybody may have sent it, so it is read, not trusted.
 */

export const types = [
  'heading',
  'text',
  'button',
  'image',
  'divider',
  'spacer',
  'columns',
  'loop',
  'html',
  'footer',
] as const
export type Type = (typeof types)[number]

export type Block = {
  id: string
  type: Type
  /** what is written in it: of text and footer Markdown, of html HTML */
  text: string
  /** where it leads */
  href: string
  /** of an image */
  src: string
  /** of a loop: the list that it goes through */
  list: string
  /** a condition of Liquid; empty: it is always there */
  when: string
  align: 'start' | 'center' | 'end'
  /** heading: level; image: percent of the width; spacer: pixels; loop: how many at most */
  size: number
  /** columns: how the width is shared */
  ratio: Ratio
  /** columns: the blocks of each; loop: those of one thing of the list */
  cells: Block[][]
}

export const ratios = ['1:1', '1:2', '2:1', '1:1:1'] as const
export type Ratio = (typeof ratios)[number]

export type Doc = {
  /** what stands beside the subject in a list of mails */
  preheader: string
  /** of buttons and links; empty: that of the brand */
  color: string
  font: 'sans' | 'serif'
  blocks: Block[]
}

/** What a number of a block means, and how far it goes; of others it is nothing. */
export const sizes: Partial<Record<Type, { least: number; most: number; first: number }>> = {
  heading: { least: 1, most: 3, first: 1 },
  image: { least: 10, most: 100, first: 100 },
  spacer: { least: 4, most: 120, first: 24 },
  loop: { least: 1, most: 50, first: 6 },
}

/** What a block that holds others does not hold. */
const without: Partial<Record<Type, readonly Type[]>> = {
  columns: ['columns', 'loop', 'footer'],
  loop: ['loop', 'footer'],
}
export const holds = (outer: Type | undefined, inner: Type): boolean =>
  !outer || !without[outer]?.includes(inner)

const DEEPEST = 3
const MOST = 400

let last = 0
/** Of this page alone: it is not stored. */
export const newId = (): string => `b${++last}`

export const cellsOf = (ratio: Ratio): number => ratio.split(':').length

export function block(type: Type, rest: Partial<Block> = {}): Block {
  const ratio = rest.ratio ?? '1:1'
  const n = type === 'columns' ? cellsOf(ratio) : type === 'loop' ? 1 : 0
  return {
    id: newId(),
    type,
    text: '',
    href: '',
    src: '',
    list: '',
    when: '',
    align: 'start',
    size: sizes[type]?.first ?? 0,
    ratio,
    cells: Array.from({ length: n }, () => []),
    ...rest,
  }
}

type Any = Record<string, unknown>
const isAny = (value: unknown): value is Any =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const line = (value: unknown): string => (typeof value === 'string' ? value : '')
const oneOf = <T extends string>(all: readonly T[], value: unknown, or: T): T =>
  all.find((one) => one === value) ?? or

function readBlock(from: unknown, depth: number, left: { n: number }): Block[] {
  if (!isAny(from) || !types.includes(from.type as Type) || left.n-- <= 0) return []
  const type = from.type as Type
  const made = block(type, {
    text: line(from.text),
    href: line(from.href),
    src: line(from.src),
    list: line(from.list),
    when: line(from.when),
    align: oneOf(['start', 'center', 'end'] as const, from.align, 'start'),
    ratio: oneOf(ratios, from.ratio, '1:1'),
  })
  const range = sizes[type]
  if (range && typeof from.size === 'number' && Number.isFinite(from.size))
    made.size = Math.min(range.most, Math.max(range.least, Math.round(from.size)))
  const cells = Array.isArray(from.cells) && depth < DEEPEST ? from.cells : []
  made.cells = made.cells.map((_, n) =>
    (Array.isArray(cells[n]) ? cells[n] : [])
      .flatMap((one: unknown) => readBlock(one, depth + 1, left))
      .filter((one) => holds(type, one.type)),
  )
  return [made]
}

export function readDoc(from: unknown): Doc {
  const doc = isAny(from) ? from : {}
  const left = { n: MOST }
  return {
    preheader: line(doc.preheader),
    color: /^#[0-9a-f]{6}$/i.test(line(doc.color)) ? line(doc.color) : '',
    font: oneOf(['sans', 'serif'] as const, doc.font, 'sans'),
    blocks: (Array.isArray(doc.blocks) ? doc.blocks : []).flatMap((one) => readBlock(one, 1, left)),
  }
}

const needed: Record<Type, readonly (keyof Block)[]> = {
  heading: ['text', 'size', 'align'],
  text: ['text', 'align'],
  button: ['text', 'href', 'align'],
  image: ['text', 'src', 'href', 'size', 'align'],
  divider: [],
  spacer: ['size'],
  columns: ['ratio', 'cells'],
  loop: ['list', 'size', 'cells'],
  html: ['text'],
  footer: ['text'],
}

function writeBlock(one: Block): Any {
  const out: Any = { type: one.type }
  for (const name of needed[one.type])
    out[name] = name === 'cells' ? one.cells.map((cell) => cell.map(writeBlock)) : one[name]
  if (one.when) out.when = one.when
  return out
}

/** As it is stored: the same document gives the same text. */
export const writeDoc = ({ blocks, ...rest }: Doc): string =>
  JSON.stringify({ ...rest, blocks: blocks.map(writeBlock) })

export function parseDoc(text: string): Doc {
  try {
    return readDoc(JSON.parse(text))
  } catch {
    return readDoc({})
  }
}

// ---- where a block is, and what is done with it

/** A place in a list of blocks: that of the mail, or of a cell of a block. */
export type Place = { parent: string | undefined; cell: number; at: number }

const over = (blocks: Block[], change: (all: Block[]) => Block[]): Block[] =>
  change(blocks).map((one) =>
    one.cells.length ? { ...one, cells: one.cells.map((cell) => over(cell, change)) } : one,
  )

export function find(
  blocks: Block[],
  id: string,
  parent?: Block,
  cell = 0,
):
  | { block: Block; parent: Block | undefined; cell: number; at: number; beside: Block[] }
  | undefined {
  for (const [at, one] of blocks.entries()) {
    if (one.id === id) return { block: one, parent, cell, at, beside: blocks }
    for (const [n, inner] of one.cells.entries()) {
      const found = find(inner, id, one, n)
      if (found) return found
    }
  }
  return undefined
}

export const change = (blocks: Block[], id: string, to: Partial<Block>): Block[] =>
  over(blocks, (all) => all.map((one) => (one.id === id ? { ...one, ...to } : one)))

export const remove = (blocks: Block[], id: string): Block[] =>
  over(blocks, (all) => all.filter((one) => one.id !== id))

export function insert(blocks: Block[], { parent, cell, at }: Place, one: Block): Block[] {
  const put = (all: Block[]) => [...all.slice(0, at), one, ...all.slice(at)]
  if (!parent) return put(blocks)
  return over(blocks, (all) =>
    all.map((outer) =>
      outer.id === parent
        ? { ...outer, cells: outer.cells.map((all, n) => (n === cell ? put(all) : all)) }
        : outer,
    ),
  )
}

/** May it be put there? Not into itself, and not where it is not held. */
export function fits(blocks: Block[], id: string, to: Place): boolean {
  const moved = find(blocks, id)?.block
  const outer = to.parent ? find(blocks, to.parent)?.block : undefined
  if (!moved || (to.parent && !outer)) return false
  const inside = to.parent !== undefined && find([moved], to.parent) !== undefined
  const above = outer && find(blocks, outer.id)?.parent
  return !inside && holds(outer?.type, moved.type) && holds(above?.type, moved.type)
}

/** That place, or the one behind what holds it, where that takes no such block. */
export function allowed(blocks: Block[], place: Place, type: Type): Place {
  const outer = place.parent ? find(blocks, place.parent) : undefined
  if (!outer || (holds(outer.block.type, type) && holds(outer.parent?.type, type))) return place
  return allowed(blocks, { parent: outer.parent?.id, cell: outer.cell, at: outer.at + 1 }, type)
}

export function move(blocks: Block[], id: string, to: Place): Block[] {
  const from = find(blocks, id)
  if (!from || !fits(blocks, id, to)) return blocks
  const same = from.parent?.id === to.parent && from.cell === to.cell
  const at = same && from.at < to.at ? to.at - 1 : to.at
  return insert(remove(blocks, id), { ...to, at }, from.block)
}

/** One place up or down; at the end of what holds it, out of that. */
export function step(blocks: Block[], id: string, by: 1 | -1): Block[] {
  const from = find(blocks, id)
  if (!from) return blocks
  const { parent, cell, at, beside } = from
  if (at + by >= 0 && at + by < beside.length)
    return move(blocks, id, { parent: parent?.id, cell, at: by > 0 ? at + 2 : at - 1 })
  if (!parent) return blocks
  if (parent.cells[cell + by])
    return move(blocks, id, {
      parent: parent.id,
      cell: cell + by,
      at: by > 0 ? 0 : (parent.cells[cell + by]?.length ?? 0),
    })
  const outer = find(blocks, parent.id)
  if (!outer) return blocks
  return move(blocks, id, {
    parent: outer.parent?.id,
    cell: outer.cell,
    at: by > 0 ? outer.at + 1 : outer.at,
  })
}

/** The same again, with ids of its own. */
export const copy = (one: Block): Block => ({
  ...one,
  id: newId(),
  cells: one.cells.map((cell) => cell.map(copy)),
})

export function duplicate(
  blocks: Block[],
  id: string,
): { blocks: Block[]; made: Block | undefined } {
  const from = find(blocks, id)
  if (!from) return { blocks, made: undefined }
  const made = copy(from.block)
  const place = { parent: from.parent?.id, cell: from.cell, at: from.at + 1 }
  return { blocks: insert(blocks, place, made), made }
}
