import { AppError, errnoCode } from '../../base/errors.ts';

/** What went wrong with a socket to `peer`, in words for who looks after the camera. `hint`: what a connection that was reset may mean. */
export function socketError(peer: string, error: Error, hint = ''): AppError {
  const code = errnoCode(error) ?? '';
  if (code === 'ETIMEDOUT') return new AppError('timeout', `${peer} does not answer`, { cause: error });
  const reason = UNREACHABLE.get(code);
  if (reason !== undefined)
    return new AppError('unreachable', `${peer}: ${reason}${code === 'ECONNRESET' ? hint : ''}`, { cause: error });
  if (isTlsError(code)) return new AppError('protocol', `${peer}: ${tlsReason(code, error)}`, { cause: error });
  return new AppError('unreachable', `${peer}: ${error.message}`, { cause: error });
}

const UNREACHABLE = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection was reset'],
  ['EPIPE', 'connection was closed'],
  ['EHOSTUNREACH', 'no route to this address'],
  ['ENETUNREACH', 'no route to this network'],
  ['ENOTFOUND', 'name is not known'],
  ['EAI_AGAIN', 'name service does not answer'],
]);

function isTlsError(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_');
}

function tlsReason(code: string, error: Error): string {
  switch (code) {
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'this port does not speak TLS (rtsps:// wants the port of the camera that does, usually 322)';
    case 'ERR_SSL_UNSUPPORTED_PROTOCOL':
    case 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION':
      return 'the camera knows no TLS newer than 1.1, which is not safe: its firmware must be renewed, or rtsp:// be used';
    default:
      return `TLS handshake failed: ${error.message.trim()}`;
  }
}
