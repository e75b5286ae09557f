import { expect, test } from 'vitest'
import { bodyOf, placeOf, stateOf, type Template, type Written } from './written'

const mail: Written = { channel: 'email', subject: 's', html: '<p>', text: '', content: '{' }

test('a mail has its texts, everything else its content', () => {
  expect(bodyOf(mail)).toEqual({ subject: 's', html: '<p>', text: null })
  const sms = { ...mail, channel: 'sms', content: '{ hi' } as const
  expect(bodyOf(sms)).toEqual({ channel: 'sms', content: { text: '{ hi' } })
  expect(() => bodyOf({ ...mail, channel: 'webhook' })).toThrow()
  const hook = { ...mail, channel: 'webhook', content: '{"url":"https://a.example"}' } as const
  expect(bodyOf(hook)).toEqual({ channel: 'webhook', content: { url: 'https://a.example' } })
})

test('where an error stands, and which version is taken', () => {
  expect(placeOf('There is no filter "x", line 12, column 8')).toBe(12)
  expect(placeOf('It is too long')).toBeUndefined()
  const tones = [null, 2, 3].map(
    (live_version) => stateOf({ live_version, version: 3 } as Template).tone,
  )
  expect(tones).toEqual(['quiet', 'info', 'ok'])
})
