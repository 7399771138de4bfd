/** Every path of the contract, once. None can be changed by the environment: hooks run with somebody else's. */
export const CONFIG_FILE = '/etc/mlb-hooks/config.toml';
export const NOTIFY_DIR = '/etc/mlb-hooks/notify.d';
export const RUN_DIR = '/run/mlb-hooks';
/** What an operator's `--persist` writes down for the next boot. */
export const WORDS_FILE = '/var/lib/mlb-hooks/words.json';
export const LOG_FILE = '/var/log/mlb-hooks.log';
export const LIB_DIR = '/usr/local/lib/mlb-hooks';
export const COMMAND_LINK = '/usr/local/sbin/mlb-hooks';
