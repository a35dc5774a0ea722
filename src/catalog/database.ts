import sqlite3 from 'sqlite3';
import { AppError } from '../base/errors.ts';

export type SqlValue = string | number | null;

/** Another process (a rebuild by command) may hold the file for as long as one of its batches takes. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * SQLite through `sqlite3`, which does its work in the thread pool. One connection writes, a second one reads: in WAL mode readers
 * never wait for the writer, and never see half a transaction.
 */
export interface Database {
  /** Rows of a query, parsed by the caller. */
  all(sql: string, params?: readonly SqlValue[]): Promise<Record<string, SqlValue>[]>;
  /** Runs `work` as one transaction; transactions follow each other in the order of the calls. */
  transaction<T>(work: (writer: Writer) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Writer {
  /** Returns the number of rows that it changed. Statements are prepared once per text. */
  run(sql: string, params?: readonly SqlValue[]): Promise<number>;
  all(sql: string, params?: readonly SqlValue[]): Promise<Record<string, SqlValue>[]>;
}

export async function openDatabase(path: string, schema: string): Promise<Database> {
  const writing = await open(path);
  try {
    await exec(writing, `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${schema}`);
    const reading = await open(path);
    await exec(reading, 'PRAGMA query_only = ON');
    return database(path, writing, reading);
  } catch (error) {
    await close(writing);
    throw error;
  }
}

/** Whether the file is an intact database; a file that is none, or is damaged, gives the reason. */
export async function checkDatabase(path: string): Promise<string | undefined> {
  let handle: sqlite3.Database;
  try {
    handle = await open(path, sqlite3.OPEN_READWRITE);
  } catch (error) {
    return (error as Error).message;
  }
  try {
    const rows = await query(handle, 'PRAGMA quick_check(1)', []);
    const result = String(rows[0]?.quick_check ?? 'no answer');
    return result === 'ok' ? undefined : result;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await close(handle);
  }
}

function database(path: string, writing: sqlite3.Database, reading: sqlite3.Database): Database {
  const writes = statements(path, writing);
  const reads = statements(path, reading);
  let last: Promise<unknown> = Promise.resolve();

  const writer: Writer = {
    run: (sql, params = []) =>
      new Promise((resolve, reject) => {
        writes.get(sql).run([...params], function done(error) {
          if (error) reject(sqlError(path, error));
          else resolve(this.changes);
        });
      }),
    all: async (sql, params = []) => rowsOf(path, writes.get(sql), params),
  };

  async function runTransaction<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    await writer.run('BEGIN IMMEDIATE');
    try {
      const result = await work(writer);
      await writer.run('COMMIT');
      return result;
    } catch (error) {
      await writer.run('ROLLBACK');
      throw error;
    }
  }

  return {
    all: async (sql, params = []) => rowsOf(path, reads.get(sql), params),
    transaction(work) {
      const next = last.then(() => runTransaction(work));
      // Those behind go on after a failure; the failure belongs to its own caller.
      last = next.catch(() => undefined);
      return next;
    },
    async close() {
      await last;
      reads.finalize();
      writes.finalize();
      await close(reading);
      await close(writing);
    },
  };
}

/** Prepared statements by their text; the catalog has a fixed set of them. */
function statements(path: string, handle: sqlite3.Database) {
  const prepared = new Map<string, sqlite3.Statement>();
  let isClosed = false;
  return {
    get(sql: string): sqlite3.Statement {
      if (isClosed) throw new AppError('conflict', `catalog ${path}: is closed`);
      let statement = prepared.get(sql);
      if (!statement) {
        // Without a callback a failure would be an event that ends the process; with it, each use of the statement fails.
        statement = handle.prepare(sql, (error) => {
          if (error) prepared.delete(sql);
        });
        prepared.set(sql, statement);
      }
      return statement;
    },
    finalize(): void {
      isClosed = true;
      for (const statement of prepared.values()) statement.finalize();
      prepared.clear();
    },
  };
}

function rowsOf(
  path: string,
  statement: sqlite3.Statement,
  params: readonly SqlValue[],
): Promise<Record<string, SqlValue>[]> {
  return new Promise((resolve, reject) => {
    statement.all<Record<string, SqlValue>>([...params], (error, rows) => {
      if (error) reject(sqlError(path, error));
      else resolve(rows);
    });
  });
}

function query(handle: sqlite3.Database, sql: string, params: SqlValue[]): Promise<Record<string, SqlValue>[]> {
  return new Promise((resolve, reject) => {
    handle.all<Record<string, SqlValue>>(sql, params, (error, rows) => (error ? reject(error) : resolve(rows)));
  });
}

function open(path: string, mode = sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const handle = new sqlite3.Database(path, mode, (error) => {
      if (error) return reject(sqlError(path, error));
      handle.configure('busyTimeout', BUSY_TIMEOUT_MS);
      resolve(handle);
    });
  });
}

function exec(handle: sqlite3.Database, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    handle.exec(sql, (error) => (error ? reject(error) : resolve()));
  });
}

function close(handle: sqlite3.Database): Promise<void> {
  return new Promise((resolve, reject) => {
    handle.close((error) => (error ? reject(error) : resolve()));
  });
}

function sqlError(path: string, error: Error): AppError {
  return new AppError('corrupt', `catalog ${path}: ${error.message}`, { cause: error });
}
