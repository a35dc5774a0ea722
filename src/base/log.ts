import pino from 'pino';

/** One event a line. At `info` it is a diary of the appliance that its owner can read; never anything per frame. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

/** Writes newline-delimited JSON to standard error, so that standard output stays free for a command's own result. */
export function createLog(name: string, level: string = process.env.HOLDFAST_LOG ?? 'info'): Log {
  return pino(
    { name, level, base: { name }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** For tests and for parts that are used as a library. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
