// What a first visit loads: the entry with the frame around the pages, and all
// that it names, compressed as it is served.
import { readFileSync, statSync } from 'node:fs'

const dist = new URL('../../../html/dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))

/** The parts that one part brings along. */
function parts(name, all = new Set()) {
  if (all.has(name)) return all
  all.add(name)
  for (const other of manifest[name].imports ?? []) parts(other, all)
  return all
}

const size = (file) => statSync(new URL(`${file}.gz`, dist)).size
const sum = (names) => [...names].reduce((n, name) => n + size(manifest[name].file), 0)

/** Kilobytes: of the entry, its style, and of each page beyond it. */
export function budget() {
  const entry = parts('index.html')
  const css = new Set([...entry].flatMap((name) => manifest[name].css ?? []))
  const pages = Object.keys(manifest)
    .filter((name) => /^src\/features\//.test(name) && manifest[name].isDynamicEntry)
    .map((name) => [name, sum([...parts(name)].filter((part) => !entry.has(part))) / 1000])
  return { js: sum(entry) / 1000, css: [...css].reduce((n, file) => n + size(file), 0) / 1000, pages }
}
