/** Every path of the contract, once. None can be changed by the environment: hooks run with somebody else's. */
export const CONFIG_FILE = '/etc/mlb-hooks/config.toml';
export const RUN_DIR = '/run/mlb-hooks';
export const LOG_FILE = '/var/log/mlb-hooks.log';
export const LIB_DIR = '/usr/local/lib/mlb-hooks';
export const COMMAND_LINK = '/usr/local/sbin/mlb-hooks';
