/** The timeout of a store under test: on a busy machine a law waits, and does not fail. */
export const PATIENT = '20s'
