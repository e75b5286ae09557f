/**
 * The words of the app, plural forms by Intl: of each language one JSON for the
 * frame, and one for the pages, which comes while the frame is painted.
 */
import en from '@/locale/en.json'
import type moreOfEn from '@/locale/en.more.json'
import type pagesOfEn from '@/locale/en.pages.json'
import type reportsOfEn from '@/locale/en.reports.json'
import type templatesOfEn from '@/locale/en.templates.json'

type Plural<K> = K extends `${infer Base}_${'one' | 'other'}` ? Base : K
export type Key = Plural<
  | keyof typeof en
  | keyof typeof pagesOfEn
  | keyof typeof moreOfEn
  | keyof typeof reportsOfEn
  | keyof typeof templatesOfEn
>
export type Words = Record<string, string>

export const languages = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof languages

const load: Record<Language, () => Promise<Words>> = {
  en: async () => en,
  de: async () => (await import('@/locale/de.json')).default,
}

type Part = Promise<{ default: Words }>
const loadPages: Record<Language, () => Part[]> = {
  en: () => [
    import('@/locale/en.pages.json'),
    import('@/locale/en.more.json'),
    import('@/locale/en.reports.json'),
    import('@/locale/en.templates.json'),
  ],
  de: () => [
    import('@/locale/de.pages.json'),
    import('@/locale/de.more.json'),
    import('@/locale/de.reports.json'),
    import('@/locale/de.templates.json'),
  ],
}

let words: Words = en
let ready: Promise<void> = Promise.resolve()
let language: Language = 'en'
let plural = new Intl.PluralRules('en')

export const locale = (): Language => language

/** What was chosen, else the first that the browser asks for and we have. */
export function wanted(chosen: string | null, asked: readonly string[]): Language {
  const known = [chosen ?? '', ...asked].map((tag) => tag.toLowerCase().split('-')[0] ?? '')
  return (known.find((tag) => tag in languages) as Language | undefined) ?? 'en'
}

/** Which way it is written. */
export const direction = (tag: string): 'ltr' | 'rtl' =>
  /^(ar|fa|he|ur)\b/.test(tag) ? 'rtl' : 'ltr'

export async function setLanguage(to: Language): Promise<void> {
  const pages = Promise.all(loadPages[to]())
  words = await load[to]()
  ready = pages.then((parts) => {
    words = Object.assign({}, words, ...parts.map((part) => part.default))
  })
  language = to
  plural = new Intl.PluralRules(to)
}

/** `{name}` stands for a variable; with `count` the plural form is taken. */
export function translate(
  from: Words,
  rules: Intl.PluralRules,
  key: string,
  vars: Record<string, string | number>,
): string {
  const form =
    typeof vars.count === 'number' ? from[`${key}_${rules.select(vars.count)}`] : undefined
  const text = form ?? from[`${key}_other`] ?? from[key] ?? key
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = vars[name]
    if (value === undefined) return whole
    return typeof value === 'number' ? value.toLocaleString(rules.resolvedOptions().locale) : value
  })
}

export function t(key: Key, vars: Record<string, string | number> = {}): string {
  return translate(words, plural, key, vars)
}

/** A word of the API, such as a state; as it is when it is new to the app. */
export function word(group: string, value: string): string {
  return words[`${group}.${value}`] ?? value.replaceAll('_', ' ')
}

/** Before a page is asked for: its words are there. */
export const pageWords = (): Promise<void> => ready
