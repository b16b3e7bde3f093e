/** A server of ours keeps in memory what one of this use would, and syncs every commit, as it does by default. */
export const MYSQL_CONFIG = {
  'innodb-buffer-pool-size': '1G',
  'innodb-log-file-size': '512M',
  'innodb-flush-log-at-trx-commit': '1',
}
