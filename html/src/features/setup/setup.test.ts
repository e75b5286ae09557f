import { expect, test } from 'vitest'
import { letter, mailbox, pasted } from './letter'

test('a letter is paragraphs, with Liquid as it is and a way out', () => {
  expect(
    letter('Hi {{ contact.first_name }},\nhere <b>\n\nhttps://a.example/?x=1&y=2', 'Out'),
  ).toBe(
    '<p>Hi {{ contact.first_name }},<br>here &lt;b&gt;</p>\n' +
      '<p><a href="https://a.example/?x=1&amp;y=2">https://a.example/?x=1&amp;y=2</a></p>\n' +
      '<p><a href="{{ unsubscribe_url }}">Out</a></p>\n',
  )
})

test('who a mail is from', () => {
  expect(mailbox('Shop', 'a@example.com')).toBe('Shop <a@example.com>')
  expect(mailbox('Smith, Inc. "x"', 'a@example.com')).toBe('"Smith, Inc. x" <a@example.com>')
  expect(mailbox(' ', 'a@example.com')).toBe('a@example.com')
})

test('addresses that were pasted have a header', () => {
  expect(pasted('a@example.com\nb@example.com')).toBe('email\na@example.com\nb@example.com\n')
  expect(pasted('a@example.com;Ann;Lee')).toBe(
    'email,first_name,last_name\na@example.com,Ann,Lee\n',
  )
  expect(pasted('mail,plan\na@example.com,x')).toBe('mail,plan\na@example.com,x\n')
})
