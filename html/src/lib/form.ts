/** A form: its values, and what the server said of each of them. */
import { type ChangeEvent, type FormEvent, useRef, useState } from 'react'
import { fieldErrors, sentence } from './problem'

type Values = Record<string, string>

export type Form<V extends Values> = {
  values: V
  set: (name: keyof V & string, value: string) => void
  setAll: (values: V) => void
  bind: (name: keyof V & string) => {
    name: string
    value: string
    error: string | undefined
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLSelectElement>) => void
  }
  onSubmit: (event: FormEvent<HTMLFormElement>) => void
  busy: boolean
  /** what is wrong with the whole of it */
  problem: string | undefined
}

export function useForm<V extends Values>(
  initial: V,
  submit: (values: V) => Promise<unknown>,
  /** what a field of the API is called here: `new_password` is `password` */
  names: Record<string, keyof V & string> = {},
): Form<V> {
  const [values, setValues] = useState(initial)
  const [errors, setErrors] = useState<Record<string, string>>({})
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const going = useRef(false)

  const set = (name: string, value: string) => {
    setValues((old) => ({ ...old, [name]: value }))
    setErrors(({ [name]: _, ...others }) => others)
  }

  async function onSubmit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = event.currentTarget
    if (going.current) return
    going.current = true
    setBusy(true)
    setProblem(undefined)
    try {
      await submit(values)
    } catch (error) {
      const said = Object.entries(fieldErrors(error)).map(
        ([name, text]) => [names[name] ?? name, text] as const,
      )
      const known = said.filter(([name]) => name in values)
      setErrors(Object.fromEntries(known))
      if (known.length === 0 || known.length < said.length) setProblem(sentence(error))
      const first = known[0]?.[0]
      if (first) form.querySelector<HTMLElement>(`[name="${first}"]`)?.focus()
    } finally {
      going.current = false
      setBusy(false)
    }
  }

  return {
    values,
    set,
    setAll: (to) => {
      setValues(to)
      setErrors({})
      setProblem(undefined)
    },
    bind: (name) => ({
      name,
      value: values[name] ?? '',
      error: errors[name],
      onChange: (event) => set(name, event.target.value),
    }),
    onSubmit: (event) => void onSubmit(event),
    busy,
    problem,
  }
}
