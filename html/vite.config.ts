import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const godwit = process.env.GODWIT_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  base: '/app/',
  plugins: [react(), tailwindcss()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // a file each: data: URLs would need a wider policy
    assetsInlineLimit: 0,
    manifest: true,
    // icons that many pages have are one file: the entry names every file
    rolldownOptions: {
      output: {
        advancedChunks: {
          groups: [
            { name: 'icons', test: /lucide-react.*icons/, maxModuleSize: 2000, minShareCount: 3 },
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
