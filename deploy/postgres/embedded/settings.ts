/**
 * Server settings of the embedded database: 64 programs of seven to nine connections each on one machine,
 * many small writes and a few large reads.
 */
import { totalmem } from 'node:os';

export type ServerSettings = Readonly<Record<string, string | number>>;

const MIB = 2 ** 20;

/** Settings for a server at `port` on the loopback interface. `durable: false` survives no power cut. */
export function serverSettings(port: number, durable: boolean, totalBytes = totalmem()): ServerSettings {
  return {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 800,
    // A trace locks the weekly partitions and their indexes that it reads.
    max_locks_per_transaction: 256,
    shared_buffers: megabytes(clamp(totalBytes / 8, 128 * MIB, 2048 * MIB)),
    effective_cache_size: megabytes(totalBytes / 2),
    work_mem: '64MB',
    maintenance_work_mem: '256MB',
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    random_page_cost: 1.1,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Errors quote values, and DETAIL quotes keys: only the server's own events are logged.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    ...(durable ? {} : NOT_DURABLE),
  };
}

const NOT_DURABLE: ServerSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
};

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MIB)}MB`;
}
