import { expect, test } from 'vitest'
import { completed, offered, placeAt } from './complete'
import { canBePlain, foreign, plain } from './sms'
import { readCall, writeCall } from './webhook'
import { filled, placesOf, readApproved, writeApproved } from './whatsapp'
import { bodyOf, placeOf, stateOf, type Template, type Written } from './written'

const mail: Written = { channel: 'email', subject: 's', html: '<p>', text: '', content: '{' }

test('a mail has its texts, everything else its content', () => {
  expect(bodyOf(mail)).toEqual({ subject: 's', html: '<p>', text: null })
  const sms = { ...mail, channel: 'sms', content: '{ hi' } as const
  expect(bodyOf(sms)).toEqual({ content: { text: '{ hi' } })
  expect(() => bodyOf({ ...mail, channel: 'webhook' })).toThrow()
  const hook = { ...mail, channel: 'webhook', content: '{"url":"https://a.example"}' } as const
  expect(bodyOf(hook)).toEqual({ content: { url: 'https://a.example' } })
})

test('where an error stands, and which version is taken', () => {
  expect(placeOf('There is no filter "x", line 12, column 8')).toBe(12)
  expect(placeOf('It is too long')).toBeUndefined()
  const tones = [null, 2, 3].map(
    (live_version) => stateOf({ live_version, version: 3 } as Template).tone,
  )
  expect(tones).toEqual(['quiet', 'info', 'ok'])
})

test('what makes an SMS dear is named, and said plainly', () => {
  expect(foreign('Grüße für 5 € [x] {{ "ж" }}')).toEqual([])
  expect(foreign('“Tea” – “ж” `')).toEqual(['“', '”', '–', 'ж', '`'])
  expect(canBePlain('ж')).toBe(false)
  expect(plain('“Tea” – it’s {{ x | default: "“" }}…')).toBe(
    '"Tea" - it\'s {{ x | default: "“" }}...',
  )
})

test('a call of a webhook is a form and back; a body that is no JSON is not lost', () => {
  const content = {
    webhook: 'wh_1',
    method: 'PUT',
    url: 'https://a.example/',
    headers: { 'X-A': 'b' },
    body: { a: ['{{ x }}'] },
  }
  const call = readCall(JSON.stringify(content))
  expect(JSON.parse(writeCall(call as NonNullable<typeof call>))).toEqual(content)
  expect(readCall('')).toMatchObject({ method: 'POST', url: '' })
  expect(readCall('[]') ?? readCall('{') ?? readCall('{"other":1}')).toBeUndefined()
  const half = writeCall({
    webhook: '',
    method: 'POST',
    url: 'u',
    headers: [['', '']],
    body: '{"a":',
  })
  expect(half).toContain('{"a":')
  expect(() => JSON.parse(half)).toThrow()
  expect(writeCall({ webhook: '', method: 'GET', url: 'u', headers: [], body: '{' })).toBe(
    JSON.stringify({ method: 'GET', url: 'u' }, null, 2),
  )
})

test('a template of WhatsApp is a form and back, with what stands for its placeholders', () => {
  const content = {
    name: 'order',
    language: 'de',
    category: 'utility',
    components: [
      { type: 'header', format: 'image' },
      { type: 'body', text: 'Hi {{1}}, {{2}} and {{1}}' },
      { type: 'footer', text: 'f' },
      {
        type: 'buttons',
        buttons: [
          { type: 'quick_reply', text: 'a' },
          { type: 'url', text: 'b', url: 'https://a.example/{{1}}' },
          { type: 'copy_code' },
        ],
      },
    ],
    parameters: {
      header: ['https://x'],
      body: ['{{ a }}', '{{ b }}'],
      buttons: { 1: 'c', 2: 'd' },
    },
  }
  const read = readApproved(JSON.stringify(content))
  expect(JSON.parse(writeApproved(read as NonNullable<typeof read>))).toEqual(content)
  expect(placesOf('{{ a }} {{b}} {{a}} {{ x | y }}')).toEqual(['a', 'b'])
  const named = readApproved(
    '{"components":[{"type":"body","text":"{{who}}"}],"parameters":{"body":{"who":"{{ a }}"}}}',
  )
  expect(JSON.parse(writeApproved(named as NonNullable<typeof named>)).parameters).toEqual({
    body: { who: '{{ a }}' },
  })
  expect(readApproved('{')).toBeUndefined()
  expect(filled('Hi {{1}}, {{ 2 }}', { 1: 'Ann' })).toBe('Hi Ann, {{ 2 }}')
})

test('what may be written in Liquid is offered where it may', () => {
  const one = (name: string) => ({ name, label: name })
  const words = {
    name: [{ name: 'contact.first_name', label: 'First name' }, one('view_url')],
    filter: [one('upcase'), one('default')],
    tag: [one('if'), one('elsif'), one('render')],
    snippet: [one('footer')],
  }
  const at = (text: string) => {
    const place = placeAt(text, text.length)
    return place && [place.kind, ...offered(place, words).map(({ name }) => name)]
  }
  expect(at('Hi {{ ')).toEqual(['name', 'contact.first_name', 'view_url'])
  expect(at('{{ contact.fi')).toEqual(['name', 'contact.first_name'])
  expect(at('{{ zzz')).toEqual(['name'])
  expect(at('{{ x | up')).toEqual(['filter', 'upcase'])
  expect(at('{%- if')).toEqual(['tag', 'if', 'elsif'])
  expect(at('{% if view_url')).toEqual(['name'])
  expect(at('{% render "fo')).toEqual(['snippet', 'footer'])
  expect([at('plain'), at('{{ x }} and'), at('{{ "a')]).toEqual([undefined, undefined, undefined])
  const place = placeAt('a {{ con b', 8)
  expect(place && completed('a {{ con b', 8, place, 'contact.email')).toEqual({
    text: 'a {{ contact.email }} b',
    caret: 21,
  })
  const closed = placeAt('{{ con }}', 6)
  expect(closed && completed('{{ con }}', 6, closed, 'contact.email').text).toBe(
    '{{ contact.email }}',
  )
})
