/** The beginning of a CSV file (RFC 4180), as far as a person needs to see it. */
export function parseCsv(text: string, rows: number): string[][] {
  const out: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < text.length && out.length < rows; i++) {
    const c = text[i] ?? ''
    if (quoted) {
      if (c !== '"') cell += c
      else if (text[i + 1] === '"') {
        cell += c
        i++
      } else quoted = false
    } else if (c === '"') quoted = true
    else if (c === ',') {
      row.push(cell)
      cell = ''
    } else if (c === '\n') {
      out.push([...row, cell.replace(/\r$/, '')])
      row = []
      cell = ''
    } else cell += c
  }
  if (out.length < rows && (cell || row.length > 0)) out.push([...row, cell])
  return out
}

export const fields = [
  'email',
  'first_name',
  'last_name',
  'phone',
  'external_id',
  'zone',
  'locale',
  'tags',
  'owner',
  'emails',
  'phones',
] as const

const other: Record<string, RegExp> = {
  email: /^(e-?mail|mail|e-?mail[ _-]?(address|adresse)|address)$/i,
  first_name: /^(first[ _-]?name|given[ _-]?name|vorname)$/i,
  last_name: /^(last[ _-]?name|surname|family[ _-]?name|nachname)$/i,
  phone: /^(phone|telephone|mobile|tel|telefon|handy)([ _-]?number)?$/i,
  external_id: /^(id|external[ _-]?id|customer[ _-]?id)$/i,
  zone: /^(zone|time[ _-]?zone|tz)$/i,
  locale: /^(locale|lang|language|sprache)$/i,
  tags: /^(tags?|labels?)$/i,
}

/** Where a column most likely goes: a field, or `` for an attribute of its name. */
export function guess(column: string): string {
  const name = column.trim()
  return Object.entries(other).find(([, like]) => like.test(name))?.[0] ?? ''
}

/** What `columns` of the import says: only what the file does not say by itself. */
export function mapping(columns: readonly string[], to: readonly string[]): string | undefined {
  const said = columns.flatMap((column, n) => {
    const field = to[n] ?? ''
    return field === '' || field === column ? [] : [`${column}=${field}`]
  })
  return said.length > 0 ? said.join(',') : undefined
}
