import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { inputs, isWhole, kindOf, kinds, opsOf, starter, withField, withOp } from './grammar'
import {
  add,
  change,
  condition,
  faultsOf,
  group,
  isGroup,
  type Json,
  negate,
  pointers,
  predicateOf,
  treeOf,
} from './tree'

type Schema = { $defs: Record<string, Json & { examples?: Json[]; required?: string[] }> }
const schema = JSON.parse(
  readFileSync(new URL('../../../../sql/api/predicate.schema.json', import.meta.url), 'utf8'),
) as Schema
const examples = Object.values(schema.$defs).flatMap((def) => def.examples ?? [])

/** Always the same ones, of every shape that the grammar has. */
function* random(seed: number): Generator<number> {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0
    yield x / 2 ** 32
  }
}

function predicate(rand: Generator<number>, depth: number): Json {
  const pick = (n: number) => Math.floor((rand.next().value as number) * n)
  const of = () => Array.from({ length: pick(4) }, () => predicate(rand, depth - 1))
  const shapes: (() => Json)[] = [
    () => examples[pick(examples.length)] ?? {},
    () => Object.values(kinds)[pick(Object.keys(kinds).length)] as Json,
    () => ({ attribute: 'a.b', op: 'in', value: ['x', 1, true] }),
    () => ({
      event: 'buy',
      since: '2026-01-31T10:00:00+02:00',
      before: '2027-01-01',
      within: '4w',
    }),
    () => ({ all: of() }),
    () => ({ any: of() }),
    () => ({ not: predicate(rand, depth - 1) }),
  ]
  return (shapes[pick(depth > 0 ? shapes.length : 4)] as () => Json)()
}

test('what the builder reads it says again, whatever the grammar allows', () => {
  expect(examples.length).toBeGreaterThan(5)
  const rand = random(7)
  const all = Array.from({ length: 300 }, () => predicate(rand, 5))
  for (const each of [...all, ...examples, ...Object.values(starter)])
    expect(predicateOf(treeOf(each))).toEqual(each)
})

test('every kind and every operator of the grammar can be chosen', () => {
  const named = ['all', 'any', 'not']
  const inGrammar = ((schema.$defs.predicate as Json).oneOf as { $ref: string }[])
    .map(({ $ref }) => schema.$defs[$ref.split('/').at(-1) ?? '']?.required?.[0] ?? '')
    .filter((name) => !named.includes(name))
  expect(Object.keys(kinds).sort()).toEqual(inGrammar.sort())
  for (const kind of inGrammar) expect(kindOf(kinds[kind as 'tag'])).toBe(kind)
  const ops = (def: unknown): string[] =>
    ((def as Json).oneOf as Json[]).flatMap((one) => {
      const op = (one.properties as { op?: { const?: string; enum?: string[] } } | undefined)?.op
      return op?.enum ?? (op?.const ? [op.const] : [])
    })
  const all = [...ops(schema.$defs.test), ...ops(schema.$defs.timeTest)]
  expect(Object.keys(inputs).sort()).toEqual(all.sort())
  expect([...opsOf({ field: 'created_at', op: 'set' })].sort()).toEqual(
    ops(schema.$defs.timeTest).sort(),
  )
})

test('a place in the predicate is the one the API points at', () => {
  const tree = treeOf({ any: [{ tag: 'a' }, { not: { not: { all: [{ tag: 'b' }] } } }] })
  expect([...pointers(tree).values()]).toEqual([
    '',
    '/any/0',
    '/any/1/not/not',
    '/any/1/not/not/all/0',
  ])
  const says = (at: string) => ({ predicate: `"predicate" at ${at}: it is empty`, name: 'x' })
  const [, second] = tree.root.of
  const inner = second && isGroup(second) ? second.of[0]?.id : undefined
  expect([...faultsOf(tree, says('/any/1/not/not/all/0/tag'))]).toEqual([[inner, 'it is empty']])
  const bare = treeOf({ not: { tag: '' } })
  expect([...faultsOf(bare, says('/not/tag'))]).toEqual([[bare.root.of[0]?.id, 'it is empty']])
  expect([...faultsOf(bare, { predicate: 'No' })]).toEqual([[bare.root.id, 'No']])
})

test('what is added, turned round and taken away', () => {
  let tree = treeOf({ tag: 'a' })
  tree = add(tree, tree.root.id, group('any', [condition({ tag: 'b' })]))
  expect(predicateOf(tree)).toEqual({ all: [{ tag: 'a' }, { any: [{ tag: 'b' }] }] })
  const [first, second] = tree.root.of
  tree = negate(tree, second?.id ?? 0)
  expect(predicateOf(tree)).toEqual({ all: [{ tag: 'a' }, { not: { any: [{ tag: 'b' }] } }] })
  tree = change(tree, first?.id ?? 0, () => undefined)
  expect(predicateOf(tree)).toEqual({ not: { any: [{ tag: 'b' }] } })
})

test('another operator keeps what it can; what is half there is not asked', () => {
  const is = { attribute: 'plan', op: 'is', value: 'gold' }
  expect(withOp(is, 'contains')).toEqual({ ...is, op: 'contains' })
  expect(withOp(is, 'set')).toEqual({ attribute: 'plan', op: 'set' })
  expect(withOp(is, 'within_last')).toEqual({ ...is, op: 'within_last', value: '30d' })
  expect(withOp({ ...is, op: 'older_than', value: '2d' }, 'is').value).toBe('')
  expect(withField({ field: 'email', op: 'is', value: 'a' }, 'field', 'created_at')).toEqual({
    field: 'created_at',
    op: 'within_last',
    value: '30d',
  })
  const half: Json[] = [
    { all: [{ tag: 'a' }, { not: { tag: '' } }] },
    { attribute: '', op: 'set' },
    { attribute: 'a', op: 'more', value: null },
    { attribute: 'a', op: 'in', value: [] },
    { event: 'x', within: 'd' },
    { event: 'x', op: 'at_least', times: null },
    { event: 'x', where: [{ property: 'p', op: 'is', value: '' }] },
    { near: { latitude: null, longitude: 1, kilometres: 1 } },
  ]
  expect(half.map(isWhole)).toEqual(half.map(() => false))
  const full: Json[] = [
    ...examples,
    ...Object.values(starter),
    { all: [] },
    { attribute: 'a', op: 'is', value: false },
  ]
  expect(full.map(isWhole)).toEqual(full.map(() => true))
})
