// The lock file names the binaries of every system, also where a registry has
// only those of its own: `npm ci` refuses a lock that leaves one out. Run it
// after each change of a dependency; with --check it writes nothing and fails
// when something is missing or an address is named.
import { readFileSync, writeFileSync } from 'node:fs'

const file = process.argv.find((a) => a.endsWith('.json')) ?? 'package-lock.json'
const check = process.argv.includes('--check')
const os = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'aix',
  'win32',
]
const cpu = [
  'arm64',
  'riscv64',
  'mips64el',
  'loong64',
  's390x',
  'wasm32',
  'ppc64',
  'ia32',
  'x64',
  'arm',
]

const lock = JSON.parse(readFileSync(file, 'utf8'))
const said = []

/** Where node would look for a package of an entry, from the inside out. */
function* places(path, name) {
  const parts = path.split('/node_modules/')
  for (let n = parts.length; n > 0; n--) {
    const at = parts.slice(0, n).join('/node_modules/')
    yield at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`
  }
  yield `node_modules/${name}`
}

for (const [path, entry] of Object.entries(lock.packages)) {
  if ('resolved' in entry) said.push(`${path} names an address; .npmrc leaves it out`)
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if ([...places(path, name)].some((p) => p in lock.packages)) continue
    if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(version)) {
      said.push(`${name} of ${path} is missing and has no exact version: ${version}`)
      continue
    }
    const words = name.split(/[/-]/)
    const has = (known) => known.filter((k) => words.includes(k)).slice(0, 1)
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(entry.dev && { dev: true }),
      optional: true,
      os: has(os),
      cpu: has(cpu),
    }
    if (check) said.push(`${name} is missing: run node tools/lock.mjs`)
  }
}

lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)),
)
if (!check) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
for (const line of said) console.error(`${file}: ${line}`)
process.exit(said.length > 0 ? 1 : 0)
