/** The predicate as groups within groups, each of which can be changed. */
import { Plus, Trash2 } from 'lucide-react'
import { t } from '@/lib/i18n'
import { Button } from '@/ui/button'
import { cx } from '@/ui/cx'
import { kinds } from './grammar'
import { Choice } from './inputs'
import { ConditionParts } from './row'
import {
  add,
  type Condition,
  change,
  condition,
  type Group,
  group,
  isGroup,
  LEVELS,
  type Node,
  negate,
  negated,
  type Tree,
} from './tree'

type Props = { tree: Tree; set: (tree: Tree) => void; faults: Map<number, string> }
type At<N> = Props & { node: N; level: number }

export function Builder(props: Props) {
  return <GroupBox {...props} node={props.tree.root} level={1} />
}

const Fault = ({ says }: { says: string | undefined }) =>
  says && (
    <p role="alert" className="w-full text-bad text-sm">
      {says}
    </p>
  )

function Not({ node, tree, set }: At<Node>) {
  const no = negated(node)
  return (
    <Button
      kind="ghost"
      aria-pressed={no}
      className={cx(no && 'bg-hover font-medium text-warn')}
      onClick={() => set(negate(tree, node.id))}
    >
      {t('builder.not')}
    </Button>
  )
}

function Drop({ node, tree, set }: At<Node>) {
  return (
    <Button
      kind="ghost"
      icon={<Trash2 size={15} aria-hidden />}
      aria-label={t(isGroup(node) ? 'builder.dropGroup' : 'builder.drop')}
      onClick={() => set(change(tree, node.id, () => undefined))}
    />
  )
}

const fresh = () => condition(kinds.field)

function GroupBox(at: At<Group>) {
  const { node, tree, set, faults, level } = at
  const setOp = (op: string) =>
    set(change(tree, node.id, (old) => ({ ...(old as Group), op: op as Group['op'] })))
  return (
    <fieldset
      className={cx(
        'min-w-0 rounded-lg border p-3',
        level % 2 ? 'border-line-strong' : 'border-line bg-canvas',
        faults.has(node.id) && 'border-bad',
      )}
    >
      <legend className="sr-only">{t(level === 1 ? 'builder.whole' : 'builder.group')}</legend>
      <div className="flex flex-wrap items-center gap-2">
        <Not {...at} />
        <Choice
          label={t('builder.how')}
          value={node.op}
          set={setOp}
          of={[
            ['all', t('builder.all')],
            ['any', t('builder.any')],
          ]}
        />
        <span className="flex-1" />
        {level > 1 && <Drop {...at} />}
      </div>
      <Fault says={faults.get(node.id)} />
      <ul className="mt-3 flex flex-col gap-3">
        {node.of.map((each) => (
          <li key={each.id}>
            {isGroup(each) ? (
              <GroupBox {...at} node={each} level={level + 1} />
            ) : (
              <Row {...at} node={each} />
            )}
          </li>
        ))}
        {node.of.length === 0 && (
          <li className="text-ink-2">
            {t(node.op === 'all' ? 'builder.everybody' : 'builder.nobody')}
          </li>
        )}
      </ul>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button
          icon={<Plus size={14} aria-hidden />}
          onClick={() => set(add(tree, node.id, fresh()))}
        >
          {t('builder.addCondition')}
        </Button>
        {level < LEVELS - 1 && (
          <Button
            kind="ghost"
            icon={<Plus size={14} aria-hidden />}
            onClick={() =>
              set(add(tree, node.id, group(node.op === 'all' ? 'any' : 'all', [fresh()])))
            }
          >
            {t('builder.addGroup')}
          </Button>
        )}
      </div>
    </fieldset>
  )
}

function Row(at: At<Condition>) {
  const { node, tree, set, faults } = at
  return (
    <fieldset
      className={cx(
        'flex min-w-0 items-start gap-2 rounded-md',
        faults.has(node.id) && 'outline outline-bad outline-offset-4',
      )}
    >
      <legend className="sr-only">{t('builder.condition')}</legend>
      <Not {...at} />
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-2">
        <ConditionParts
          is={node.is}
          set={(is) => set(change(tree, node.id, (old) => ({ ...(old as Condition), is })))}
        />
        <Fault says={faults.get(node.id)} />
      </div>
      <Drop {...at} />
    </fieldset>
  )
}
