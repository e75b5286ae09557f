import { expect, test } from 'vitest'
import de from '@/locale/de.json'
import deMore from '@/locale/de.more.json'
import dePages from '@/locale/de.pages.json'
import deReports from '@/locale/de.reports.json'
import deTemplates from '@/locale/de.templates.json'
import en from '@/locale/en.json'
import enMore from '@/locale/en.more.json'
import enPages from '@/locale/en.pages.json'
import enReports from '@/locale/en.reports.json'
import enTemplates from '@/locale/en.templates.json'
import { translate, wanted } from './i18n'

test('each language has the same words, with the same variables', () => {
  const holes = (words: Record<string, string>) =>
    Object.entries(words)
      .map(([key, text]) => `${key} ${(text.match(/\{\w+\}/g) ?? []).sort().join()}`)
      .sort()
  expect(holes(de)).toEqual(holes(en))
  expect(holes(dePages)).toEqual(holes(enPages))
  expect(holes(deMore)).toEqual(holes(enMore))
  expect(holes(deReports)).toEqual(holes(enReports))
  expect(holes(deTemplates)).toEqual(holes(enTemplates))
})

test('plural forms and variables', () => {
  const words = { x_one: '{count} day', x_other: '{count} days', y: '{name}, {gone}' }
  const say = (key: string, vars: Record<string, string | number>) =>
    translate(words, new Intl.PluralRules('en'), key, vars)
  expect(say('x', { count: 1 })).toBe('1 day')
  expect(say('x', { count: 1234 })).toBe('1,234 days')
  expect(say('y', { name: '$&' })).toBe('$&, {gone}')
})

test('the language is that which was chosen, else one that is asked for', () => {
  expect(wanted('de', ['fr'])).toBe('de')
  expect(wanted(null, ['fr-CA', 'de-AT', 'en'])).toBe('de')
  expect(wanted('xx', ['fr'])).toBe('en')
})
