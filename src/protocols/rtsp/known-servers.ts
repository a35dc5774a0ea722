/*
 * Faults of servers that can be told by what they call themselves in their descriptions.
 */

/** From this version on live555 ends a session with its connection. */
const LIVE555_MENDED = '2017.06.04';

/**
 * Older servers of the live555 library, which are in many cameras, keep a session whose connection was lost until it times out after a minute,
 * and go on writing its packets to the number of a socket that somebody else has by then: us, when we come back.
 */
export function keepsLostSessions(tool: string | undefined): boolean {
  const version = /live555.*?\bv?(\d{4}\.\d\d\.\d\d)/i.exec(tool ?? '')?.[1];
  return version !== undefined && version < LIVE555_MENDED;
}
