/** The rules of the house that no type holds. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('.', import.meta.url).pathname
const files = readdirSync(root, { recursive: true })
  .map(String)
  .filter((file) => /\.(tsx?|css)$/.test(file) && !/\.test\.|api\.gen/.test(file))
  .map((file) => ({ file, text: readFileSync(root + file, 'utf8') }))
const layer = ['lib', 'ui', 'features', 'app']

test('imports go downward, and no feature knows another', () => {
  for (const { file, text } of files) {
    const [mine = '', noun] = file.split('/')
    if (!layer.includes(mine)) continue
    for (const [, theirs = '', other] of text.matchAll(/from '@\/(\w+)\/([\w-]+)/g)) {
      if (!layer.includes(theirs)) continue
      expect(layer.indexOf(theirs) <= layer.indexOf(mine), `${file}: @/${theirs}/${other}`).toBe(
        true,
      )
      if (mine === 'features' && theirs === 'features') expect(other, file).toBe(noun)
    }
  }
})

test('no words outside of the languages', () => {
  for (const { file, text } of files) {
    if (!file.endsWith('.tsx')) continue
    const found = [...text.matchAll(/(?:[^=]>|\}) *([A-Z][a-z]+(?: [a-z]+)*) *(?:<|\{)/g)].map(
      ([, said]) => said,
    )
    expect(
      found.filter((said) => said !== 'Ctrl'),
      file,
    ).toEqual([])
  }
})

test('no colour outside of the tokens, no file of more than 300 lines', () => {
  for (const { file, text } of files) {
    expect(text.split('\n').length, file).toBeLessThanOrEqual(300)
    if (file !== 'styles/tokens.css')
      expect(text.match(/#[0-9a-f]{3,8}\b|\brgba?\(/gi) ?? [], file).toEqual([])
  }
})

test('what is said is text, and what is typed may be pasted', () => {
  const html =
    /dangerouslySetInnerHTML|\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|new Function|\beval\(/
  for (const { file, text } of files) {
    expect(text.match(html), file).toBeNull()
    expect(text.match(/onPaste|__proto__/), file).toBeNull()
  }
})
