/** A template of WhatsApp as a form has it, and as it is stored. */

export const categories = ['marketing', 'utility', 'authentication'] as const
export const formats = ['none', 'text', 'image', 'video', 'document'] as const
export const buttonTypes = ['quick_reply', 'url', 'phone_number', 'copy_code'] as const

export type WaButton = { type: string; text: string; to: string; parameter: string }
export type Approved = {
  name: string
  language: string
  category: string
  format: string
  header: string
  body: string
  footer: string
  buttons: WaButton[]
  /** of header and body: what stands for each placeholder, in Liquid */
  given: { header: Record<string, string>; body: Record<string, string> }
}

/** The placeholders of a text, in their order, each once. */
export const placesOf = (text: string): string[] => [
  ...new Set([...text.matchAll(/\{\{ *([a-z0-9_]+) *\}\}/g)].map(([, name = '']) => name)),
]

/** The text as it is read, with what stands for its placeholders. */
export const filled = (text: string, values: Record<string, string>): string =>
  text.replace(/\{\{ *([a-z0-9_]+) *\}\}/g, (whole, name: string) => values[name] || whole)

/** Those of the header: a picture has its link. */
export const headerPlaces = ({ format, header }: Approved): string[] =>
  format === 'text' ? placesOf(header) : format === 'none' ? [] : ['1']

/** Does the button need something of each recipient? */
export const needs = ({ type, to }: WaButton): boolean =>
  type === 'copy_code' || (type === 'url' && placesOf(to).length > 0)

type Any = Record<string, unknown>
const isAny = (value: unknown): value is Any =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

function givenOf(value: unknown): Record<string, string> {
  const pairs = Array.isArray(value)
    ? value.map((one, n) => [String(n + 1), text(one)] as const)
    : Object.entries(isAny(value) ? value : {}).map(([name, one]) => [name, text(one)] as const)
  return Object.fromEntries(pairs)
}

/** Of what is no such template: nothing, it is edited as JSON. */
export function readApproved(content: string): Approved | undefined {
  let from: unknown
  try {
    from = JSON.parse(content || '{}')
  } catch {
    return undefined
  }
  if (!isAny(from) || (from.components !== undefined && !Array.isArray(from.components)))
    return undefined
  const components = ((from.components ?? []) as unknown[]).filter(isAny)
  const one = (type: string): Any => components.find((part) => part.type === type) ?? {}
  const parameters = isAny(from.parameters) ? from.parameters : {}
  const ofButtons = isAny(parameters.buttons) ? parameters.buttons : {}
  const header = one('header')
  const buttons = one('buttons').buttons
  return {
    name: text(from.name),
    language: text(from.language) || 'en',
    category: text(from.category) || 'marketing',
    format: header.type ? text(header.format) || 'text' : 'none',
    header: text(header.text),
    body: text(one('body').text),
    footer: text(one('footer').text),
    buttons: (Array.isArray(buttons) ? buttons : []).filter(isAny).map((button, n) => ({
      type: text(button.type),
      text: text(button.text),
      to: text(button.url) || text(button.phone_number),
      parameter: text(ofButtons[n]),
    })),
    given: { header: givenOf(parameters.header), body: givenOf(parameters.body) },
  }
}

/** In the order of the placeholders: a list of numbered ones, an object of named ones. */
function given(places: string[], values: Record<string, string>): unknown {
  if (places.every((name) => /^\d+$/.test(name))) return places.map((name) => values[name] ?? '')
  return Object.fromEntries(places.map((name) => [name, values[name] ?? '']))
}

const members: Record<string, string> = { url: 'url', phone_number: 'phone_number' }

export function writeApproved(a: Approved): string {
  const header = headerPlaces(a)
  const body = placesOf(a.body)
  const buttons = a.buttons.flatMap((one, n) => (needs(one) ? [[n, one.parameter] as const] : []))
  const components = [
    a.format === 'text' && { type: 'header', format: 'text', text: a.header },
    a.format !== 'text' && a.format !== 'none' && { type: 'header', format: a.format },
    { type: 'body', text: a.body },
    a.footer && { type: 'footer', text: a.footer },
    a.buttons.length > 0 && {
      type: 'buttons',
      buttons: a.buttons.map(({ type, text, to }) => ({
        type,
        ...((text || type !== 'copy_code') && { text }),
        ...(members[type] && { [members[type]]: to }),
      })),
    },
  ].filter(Boolean)
  const parameters = {
    ...(header.length > 0 && { header: given(header, a.given.header) }),
    ...(body.length > 0 && { body: given(body, a.given.body) }),
    ...(buttons.length > 0 && { buttons: Object.fromEntries(buttons) }),
  }
  return JSON.stringify(
    {
      name: a.name,
      language: a.language,
      category: a.category,
      components,
      ...(Object.keys(parameters).length > 0 && { parameters }),
    },
    null,
    2,
  )
}
