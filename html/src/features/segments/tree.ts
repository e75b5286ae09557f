/**
 * The predicate as the builder edits it: groups and conditions that have an id,
 * so that they stay who they are while something before them goes. What was
 * read comes out again as it was, whatever the grammar allows.
 */
export type Json = Record<string, unknown>
type Common = {
  id: number
  /** how many `not` stand around it */
  not: number
}
export type Group = Common & { op: 'all' | 'any'; of: Node[] }
export type Condition = Common & { is: Json }
export type Node = Group | Condition
/** `bare`: the outermost group is the builder's own, round one condition. */
export type Tree = { root: Group; bare: boolean }

let last = 0
export const condition = (is: Json, not = 0): Condition => ({ id: ++last, not, is })
export const group = (op: 'all' | 'any', of: Node[] = [], not = 0): Group => ({
  id: ++last,
  not,
  op,
  of,
})

export const isGroup = (node: Node): node is Group => 'op' in node

/** Levels that the server takes, the outermost being the first. */
export const LEVELS = 16

function nodeOf(predicate: Json, not = 0): Node {
  if ('not' in predicate) return nodeOf(predicate.not as Json, not + 1)
  for (const op of ['all', 'any'] as const) {
    if (op in predicate)
      return group(
        op,
        (predicate[op] as Json[]).map((each) => nodeOf(each)),
        not,
      )
  }
  return condition(predicate, not)
}

export function treeOf(predicate: Json): Tree {
  const node = nodeOf(predicate)
  return isGroup(node) ? { root: node, bare: false } : { root: group('all', [node]), bare: true }
}

const around = (predicate: Json, not: number): Json =>
  not > 0 ? { not: around(predicate, not - 1) } : predicate

function jsonOf(node: Node): Json {
  return around(isGroup(node) ? { [node.op]: node.of.map(jsonOf) } : node.is, node.not)
}

const only = ({ root, bare }: Tree): Node | undefined =>
  bare && root.not === 0 && root.of.length === 1 ? root.of[0] : undefined

export const predicateOf = (tree: Tree): Json => jsonOf(only(tree) ?? tree.root)

/** Where each node stands in the predicate, as the API points at it. */
export function pointers(tree: Tree): Map<number, string> {
  const found = new Map<number, string>()
  const walk = (node: Node, at: string): void => {
    const here = at + '/not'.repeat(node.not)
    found.set(node.id, here)
    if (!isGroup(node)) return
    for (const [n, each] of node.of.entries()) walk(each, `${here}/${node.op}/${n}`)
  }
  walk(only(tree) ?? tree.root, '')
  return found
}

/** The node with this id becomes another one, or goes. */
export function change(tree: Tree, id: number, to: (node: Node) => Node | undefined): Tree {
  const walk = (node: Node): Node | undefined => {
    if (node.id === id) return to(node)
    if (!isGroup(node)) return node
    const of = node.of.map(walk).filter((each) => each !== undefined)
    return of.length === node.of.length && of.every((each, n) => each === node.of[n])
      ? node
      : { ...node, of }
  }
  return { ...tree, root: (walk(tree.root) as Group | undefined) ?? group('all') }
}

export const add = (tree: Tree, into: number, node: Node): Tree =>
  change(tree, into, (to) => (isGroup(to) ? { ...to, of: [...to.of, node] } : to))

/** Once around, or not at all; two are none. */
export const negated = (node: Node): boolean => node.not % 2 === 1

export const negate = (tree: Tree, id: number): Tree =>
  change(tree, id, (node) => ({ ...node, not: negated(node) ? 0 : 1 }))

/** What the server says of a predicate, without the place that it names. */
export const without = (says: string): string => placed(says)?.[2] ?? says
const placed = (says: string) => says.match(/^"predicate" at (\/\S*): (.+)$/)

/** Of what a 422 says, what each node has to be told: the innermost around it. */
export function faultsOf(tree: Tree, fields: Record<string, string>): Map<number, string> {
  const says = fields.predicate
  if (says === undefined) return new Map()
  const at = placed(says)?.[1] ?? ''
  const places = [...pointers(tree)].sort(([, a], [, b]) => b.length - a.length)
  const [id] = places.find(([, here]) => `${at}/`.startsWith(`${here}/`)) ?? []
  return new Map([[id ?? tree.root.id, without(says)]])
}
