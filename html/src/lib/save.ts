/** A file of the API, kept by the browser; a link could not name the workspace. */
export function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}

export type Cell = string | number | null | undefined

/** A text that a spreadsheet would take for a formula begins with a quote. */
function quoted(cell: Cell): string {
  if (cell === null || cell === undefined) return ''
  const text = typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csv = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('')

/** What a file is called: letters, digits and hyphens of any language. */
export const fileName = (name: string): string =>
  `${name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')}.csv`

/** A table as a file, made in this page of what it shows. */
export function saveCsv(name: string, rows: readonly (readonly Cell[])[]): void {
  saveAs(new Blob([csv(rows)], { type: 'text/csv;charset=utf-8' }), fileName(name))
}
