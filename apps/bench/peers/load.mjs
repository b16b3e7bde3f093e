/** Here, so that names are looked up among the peers, which are no dependencies of the workspace. */
export function load(name) {
  return import(name)
}
