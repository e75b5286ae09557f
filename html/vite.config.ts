import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const godwit = process.env.GODWIT_URL ?? 'http://127.0.0.1:8080'

type Modules = { getModuleInfo: (id: string) => { importedIds: readonly string[] } | null }
const main = fileURLToPath(new URL('./src/main.tsx', import.meta.url))
const first = new Set<string>()

/** What the first visit needs: all that the entry names, by whatever way. */
function ofFirst(id: string, modules: Modules): string | null {
  for (const left = first.size ? [] : [main]; left.length > 0; ) {
    const one = left.pop() ?? ''
    if (first.has(one)) continue
    first.add(one)
    left.push(...(modules.getModuleInfo(one)?.importedIds ?? []))
  }
  return id !== main && first.has(id) ? 'first' : null
}

export default defineConfig({
  base: '/app/',
  plugins: [react(), tailwindcss()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // a file each: data: URLs would need a wider policy
    assetsInlineLimit: 0,
    manifest: true,
    // icons that many pages have are one file, and so is what the first visit needs: the
    // entry names every file, and one compresses better than the thirty it would be in
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'icons',
              test: /lucide-react.*icons/,
              maxModuleSize: 2000,
              minShareCount: 3,
              priority: 1,
            },
            { name: ofFirst, debugName: 'first', test: /^(?!.*lucide-react)/ },
          ],
        },
      },
    },
    sourcemap: false,
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1', proxy: { '/api': { target: godwit, ws: true } } },
  test: { environment: 'node', include: ['src/**/*.test.{ts,tsx}'], pool: 'threads' },
})
