/** Colours of mails, as `#rrggbb`, and how well one is read on another. */
import look from './look.json'

const parts = (color: string): number[] =>
  [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = parts(color).map((n) => {
    const c = n / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** As WCAG has it: 1 to 21. */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

export function mix(color: string, other: string, share: number): string {
  const b = parts(other)
  const mixed = parts(color).map((n, at) => Math.round(n + ((b[at] ?? n) - n) * share))
  return `#${mixed.map((n) => n.toString(16).padStart(2, '0')).join('')}`
}

/** What is read on it: dark or white. */
export const on = (color: string): string =>
  contrast(look.sheet, color) >= contrast(look.ink, color) ? look.sheet : look.ink

/** The colour itself, or as much darker as it must be to be read on white. */
export function readable(color: string): string {
  for (let share = 0; share < 1; share += 0.1) {
    const darker = mix(color, look.ink, share)
    if (contrast(darker, look.sheet) >= 4.5) return darker
  }
  return look.ink
}
