/** What may be written at a place of Liquid: names, filters, tags, snippets. */

export type Kind = 'name' | 'filter' | 'tag' | 'snippet'
export type At = {
  kind: Kind
  /** what stands there already, and where it begins */
  typed: string
  from: number
  /** is it an output, which ends with }}? */
  output: boolean
}
export type Vocabulary = Record<Kind, readonly { name: string; label: string }[]>

const SEEN = 2000

/** What the caret is in; outside of Liquid nothing is offered. */
export function placeAt(text: string, caret: number): At | undefined {
  const before = text.slice(Math.max(0, caret - SEEN), caret)
  const output = before.lastIndexOf('{{')
  const tag = before.lastIndexOf('{%')
  const open = Math.max(output, tag)
  if (open < 0) return undefined
  const inside = before.slice(open + 2).replace(/^-/, '')
  if (/[%}]\}/.test(inside)) return undefined
  const found = (kind: Kind, typed: string): At => ({
    kind,
    typed,
    from: caret - typed.length,
    output: output > tag,
  })
  const snippet = inside.match(/\b(?:render|include)\s+["']([\w./-]*)$/)
  if (snippet) return found('snippet', snippet[1] ?? '')
  // within a text nothing is a name
  if ((inside.replace(/'[^']*'|"[^"]*"/g, '').match(/['"]/g) ?? []).length > 0) return undefined
  const first = inside.match(/^\s*(\w*)$/)
  if (tag > output && first) return found('tag', first[1] ?? '')
  const filter = inside.match(/\|\s*(\w*)$/)
  if (filter) return found('filter', filter[1] ?? '')
  const name = inside.match(/(?:^|[\s,:(=<>])([a-zA-Z_][\w.]*)?$/)
  return name ? found('name', name[1] ?? '') : undefined
}

const MOST = 8

/** Those that begin so first, then those in which it occurs; none when it is written out. */
export function offered(at: At, words: Vocabulary): Vocabulary[Kind] {
  const typed = at.typed.toLowerCase()
  const all = words[at.kind].filter(
    ({ name, label }) =>
      name.toLowerCase().includes(typed) || (typed && label.toLowerCase().includes(typed)),
  )
  const starts = (name: string) => name.toLowerCase().startsWith(typed)
  const sorted = [...all].sort((a, b) => Number(starts(b.name)) - Number(starts(a.name)))
  return sorted.length === 1 && sorted[0]?.name === at.typed ? [] : sorted.slice(0, MOST)
}

/** The text with it, and where the caret is then; an output is closed. */
export function completed(text: string, caret: number, at: At, name: string) {
  const rest = text.slice(caret)
  const closes =
    at.output && at.kind !== 'snippet' && !/^[^{]*?\}\}/.test(rest.split('\n')[0] ?? '')
  const put = name + (closes ? ' }}' : '')
  return { text: text.slice(0, at.from) + put + rest, caret: at.from + put.length }
}
