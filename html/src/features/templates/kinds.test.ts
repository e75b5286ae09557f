import { expect, test } from 'vitest'
import { contrast, on, readable } from './blocks/color'
import { begin, did, redo, undo } from './blocks/history'
import { mailOf } from './blocks/mail'
import {
  block,
  change,
  duplicate,
  find,
  fits,
  insert,
  move,
  parseDoc,
  readDoc,
  remove,
  step,
  writeDoc,
} from './blocks/model'
import { designOf, firstOf, htmlOf, langOf, sourceOf, turned, wrongIn } from './kinds'
import { markdown, safeUrl } from './markdown'
import { mjml } from './mjml'

const bare = (source: string) => markdown(source, () => '')
const brand = { color: null, lang: 'en' }
const text = (says: string) => block('text', { text: says })
const order = (blocks: { text: string }[]) => blocks.map((one) => one.text).join('')

test('Markdown says what people write', () => {
  const said: [string, string][] = [
    ['# A *b*', '<h1>A <em>b</em></h1>'],
    ['a **b *c* d** e', '<p>a <strong>b <em>c</em> d</strong> e</p>'],
    ['*a **b** c*', '<p><em>a <strong>b</strong> c</em></p>'],
    ['2 * 3 * 4 and snake_case_name', '<p>2 * 3 * 4 and snake_case_name</p>'],
    ['a\nb  \nc', '<p>a\nb<br>\nc</p>'],
    ['- a\n- b\n  1. c\n\nd', '<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>\n<p>d</p>'],
    ['3. a\n4. b', '<ol start="3"><li>a</li><li>b</li></ol>'],
    ['> a\n> b', '<blockquote><p>a\nb</p></blockquote>'],
    ['`a < *b*` \\*c\\*', '<p><code>a &lt; *b*</code> *c*</p>'],
    ['---', '<hr>'],
    [
      '[a *b*](https://x.example/?a=1&b=2)',
      '<p><a href="https://x.example/?a=1&amp;b=2">a <em>b</em></a></p>',
    ],
    [
      '![a "b"](https://x.example/i.png)',
      '<p><img src="https://x.example/i.png" alt="a &quot;b&quot;"></p>',
    ],
  ]
  for (const [source, html] of said) expect(bare(source)).toBe(html)
})

test('Liquid passes through it, HTML and scripts do not', () => {
  expect(bare('Hi {{ contact.first_name | default: "you" }} <b>')).toBe(
    '<p>Hi {{ contact.first_name | default: "you" }} &lt;b&gt;</p>',
  )
  expect(bare('{% for a in b %}\n- {{ a.*x* }}\n\n{% endfor %}')).toBe(
    '{% for a in b %}\n<ul><li>{{ a.*x* }}</li></ul>\n{% endfor %}',
  )
  expect(bare('[x]({{ view_url }})')).toBe('<p><a href="{{ view_url }}">x</a></p>')
  expect(bare('[x](javascript:alert)')).toBe('<p><a href="#">x</a></p>')
  expect(bare('\uE0000\uE001 a')).toBe('<p>0 a</p>')
  expect(safeUrl('shop.example/teas')).toBe('https://shop.example/teas')
  const start = performance.now()
  bare(`${'*a '.repeat(20_000)}\n${'[a'.repeat(20_000)}\n${'{{'.repeat(20_000)}`)
  bare(`${'{%a%}'.repeat(200)}x`)
  expect(performance.now() - start).toBeLessThan(2000)
})

test('a document is read as far as it is one, and written the same again', () => {
  const bad = readDoc({
    color: 'red;x',
    font: 'wing',
    blocks: [
      { type: 'heading', text: 'A', size: 99 },
      { type: 'script', text: 'x' },
      7,
      { type: 'columns', ratio: '1:1:1', cells: [[{ type: 'loop' }, { type: 'text', text: 'c' }]] },
    ],
  })
  expect(bad.color).toBe('')
  expect(bad.blocks.map((one) => one.type)).toEqual(['heading', 'columns'])
  expect(bad.blocks[0]?.size).toBe(3)
  expect(bad.blocks[1]?.cells.map((cell) => cell.length)).toEqual([1, 0, 0])
  const written = writeDoc(bad)
  expect(writeDoc(parseDoc(written))).toBe(written)
  expect(sourceOf({ ...designOf('blocks', written), kind: 'blocks' })).toEqual({
    kind: 'blocks',
    source: written,
  })
  expect(parseDoc('{').blocks).toEqual([])
  expect(sourceOf({ kind: 'other' }).kind).toBe('html')
  const deep = { type: 'loop', cells: [] as unknown[] }
  let at = deep
  for (let n = 0; n < 5000; n++) {
    const inner = { type: 'columns', cells: [] as unknown[] }
    at.cells.push([inner])
    at = inner
  }
  expect(readDoc({ blocks: [deep] }).blocks).toHaveLength(1)
})

test('blocks are moved, within and out of what holds them', () => {
  const [a, b, c] = [text('a'), text('b'), text('c')]
  const two = block('columns', { cells: [[text('x'), text('y')], []] })
  const loop = block('loop')
  const all = [a, b, c, two, loop]
  expect(order(step(all, a.id, 1))).toBe('bac')
  expect(order(step(all, c.id, -1))).toBe('acb')
  expect(step(all, a.id, -1)).toBe(all)
  const x = two.cells[0]?.[0]?.id ?? ''
  const y = two.cells[0]?.[1]?.id ?? ''
  expect(find(step(all, y, 1), y)).toMatchObject({ cell: 1, at: 0 })
  expect(find(step(all, x, -1), x)).toMatchObject({ parent: undefined, at: 3 })
  expect(order(move(all, a.id, { parent: undefined, cell: 0, at: 3 }))).toBe('bca')
  expect(fits(all, two.id, { parent: two.id, cell: 0, at: 0 })).toBe(false)
  expect(fits(all, loop.id, { parent: two.id, cell: 0, at: 0 })).toBe(false)
  expect(fits(all, two.id, { parent: loop.id, cell: 0, at: 0 })).toBe(true)
  const copied = duplicate(all, two.id)
  expect(copied.made?.cells[0]?.[0]?.id).not.toBe(x)
  expect(copied.blocks).toHaveLength(6)
  expect(
    find(insert(all, { parent: loop.id, cell: 0, at: 0 }, text('z')), loop.id)?.block.cells[0],
  ).toHaveLength(1)
  expect(remove(all, x)[3]?.cells[0]).toHaveLength(1)
})

test('twenty edits undone and done again are the same document', () => {
  const docs = [readDoc({ blocks: [{ type: 'text', text: '0' }] })]
  const id = docs[0]?.blocks[0]?.id ?? ''
  let h = begin(docs[0] as (typeof docs)[0])
  for (let n = 1; n <= 20; n++) {
    const now = { ...h.now, blocks: change(h.now.blocks, id, { text: String(n) }) }
    docs.push(now)
    h = did(h, now)
  }
  for (let n = 19; n >= 0; n--) {
    h = undo(h)
    expect(h.now).toBe(docs[n])
  }
  expect(undo(h)).toBe(h)
  for (let n = 1; n <= 20; n++) h = redo(h)
  expect(h.now).toBe(docs[20])
  let typed = begin(h.now)
  for (const letter of 'abc')
    typed = did(typed, { ...typed.now, preheader: typed.now.preheader + letter }, 'preheader')
  expect(undo(typed).now.preheader).toBe('')
})

test('a mail of blocks is tables; one can leave; nothing gets out of its place', () => {
  const doc = readDoc({
    preheader: '<b>',
    blocks: [
      { type: 'heading', text: 'Hi {{ contact.first_name | default: "you" }} <x>', size: 2 },
      { type: 'text', text: '**a**', when: "contact.plan == 'gold' %}{{ x" },
      { type: 'button', text: 'Go', href: 'javascript:x', align: 'center' },
      { type: 'image', src: 'https://x.example/a.png', text: 'A "cup"', size: 50 },
      { type: 'image', src: '' },
      {
        type: 'loop',
        list: 'contact.cart',
        size: 3,
        cells: [[{ type: 'heading', text: '{{ item.title }}' }]],
      },
      {
        type: 'columns',
        ratio: '1:2',
        cells: [[{ type: 'text', text: 'l' }], [{ type: 'text', text: 'r' }]],
      },
      { type: 'footer', text: '[x]({{ unsubscribe_url }})' },
    ],
  })
  const html = mailOf(doc, { color: '#ffee00', lang: 'ar' })
  expect(html).toContain('lang="ar" dir="rtl"')
  expect(html).toContain('Hi {{ contact.first_name | default: "you" }} &lt;x&gt;</h2>')
  expect(html).toContain("{% if contact.plan == 'gold'   x %}")
  expect(html).toContain('<a class="gw-button" href="#"')
  expect(html).toContain('alt="A &quot;cup&quot;" width="268"')
  expect(html.match(/<img/g)).toHaveLength(1)
  expect(html).toContain('{% for item in contact.cart limit: 3 %}')
  expect(html.match(/class="gw-cell" width="(33|67)%"/g)).toHaveLength(2)
  expect(html).toContain('{{ unsubscribe_url }}')
  expect(html).toContain('{{ brand.address }}')
  expect(html).not.toMatch(/\$[A-Z]|undefined|<b>/)
  expect(html.match(/<table/g)?.length).toBe(html.match(/<\/table>/g)?.length)
})

test('colours can be read', () => {
  expect(on('#ffee00')).toBe('#17171c')
  expect(on('#0b6b74')).toBe('#ffffff')
  for (const color of ['#ffee00', '#ffffff', '#0b6b74', '#ff0000'])
    expect(contrast(readable(color), '#ffffff')).toBeGreaterThanOrEqual(4.5)
})

test('one kind becomes another with what it can say', () => {
  const html = htmlOf('markdown', '# Hello', brand)
  expect(html).toContain('Hello</h1>')
  expect(html).toContain('{{ unsubscribe_url }}')
  expect(
    htmlOf('markdown', '[out]({{ unsubscribe_url }})', brand).match(/unsubscribe_url/g),
  ).toHaveLength(1)
  const doc = parseDoc(turned('markdown', 'blocks', '# Hello', html))
  expect(doc.blocks.map((one) => one.type)).toEqual(['text', 'footer'])
  expect(turned('blocks', 'markdown', writeDoc(doc), html)).toMatch(/^# Hello\n/)
  expect(
    parseDoc(turned('html', 'blocks', '', '<html><body x="">a</body></html>')).blocks,
  ).toMatchObject([{ type: 'html', text: 'a' }])
  expect(langOf(html)).toBe('en')
})

test('MJML is made HTML of, with what its head says of it', () => {
  const html = mjml(
    `<mjml><mj-head><mj-preview>See</mj-preview><mj-attributes>
      <mj-all font-family="Arial" /><mj-text color="#ff0000"/><mj-class name="big" font-size="30px"/>
    </mj-attributes></mj-head><!-- a
    --><mj-body background-color="#eeeeee">
      <mj-section><mj-column width="70%"><mj-text mj-class="big">Hi {{ contact.first_name }} <b>you</b></mj-text></mj-column>
      <mj-column width="30%"><mj-image src="https://x.example/a.png" alt='a "b"' width="100px" />
      <mj-button href="javascript:x" background-color="#ffee00">Go</mj-button></mj-column></mj-section>
      <mj-raw>{% if a %}</mj-raw><mj-section /><mj-raw>{% endif %}</mj-raw>
    </mj-body></mjml>`,
    brand,
  )
  expect(html).toContain('background: #eeeeee')
  expect(html).toContain('>See</div>')
  expect(html).toMatch(
    /font-family: Arial; font-size: 30px; [^"]*">Hi {{ contact.first_name }} <b>you<\/b>/,
  )
  expect(html).toContain('color: #ff0000')
  expect(html.match(/width="(70|30)%"/g)).toHaveLength(2)
  expect(html).toContain('alt="a &quot;b&quot;"')
  expect(html).toContain('<a href="#"')
  expect(html).toContain('color: #17171c')
  expect(html).toMatch(/{% if a %}\n<tr>[\s\S]*{% endif %}/)
  expect(html).not.toMatch(/\$[A-Z]|undefined/)
  expect(html.match(/<table/g)?.length).toBe(html.match(/<\/table>/g)?.length)
  expect(wrongIn('mjml', firstOf('mjml'))).toBeUndefined()
})

test('what is no MJML is told with its line', () => {
  const at = (source: string) => wrongIn('mjml', source)?.line
  expect(at('<mjml>\n<mj-body>\n<mj-carousel></mj-carousel></mj-body></mjml>')).toBe(3)
  expect(at('<mjml>\n<mj-body>\n\nwords</mj-body></mjml>')).toBe(4)
  expect(at('<mjml><mj-body>\n<mj-section></mj-body></mjml>')).toBe(2)
  expect(at('<mjml><mj-body>\n<mj-section>')).toBe(2)
  expect(at('<mjml></mjml>')).toBe(1)
  expect(at('')).toBe(1)
  expect(
    at(
      '<mjml><mj-body><mj-section><mj-column>\n<mj-text>a</mj-column></mj-section></mj-body></mjml>',
    ),
  ).toBe(2)
})
