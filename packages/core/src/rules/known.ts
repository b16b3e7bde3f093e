/** The members that an object may have. */
export type Known = { readonly [member: string]: true }

export function known(...members: readonly string[]): Known {
  return Object.fromEntries(members.map((member) => [member, true as const]))
}
