const REASONS = {
  200: 'OK',
  302: 'Found',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
} as const;

export type Status = keyof typeof REASONS;

export interface Response {
  readonly status: Status;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}

export function formatResponse(response: Response, cseq: string | undefined): Buffer {
  const lines = [`RTSP/1.0 ${response.status} ${REASONS[response.status]}`];
  if (cseq !== undefined) lines.push(`CSeq: ${cseq}`);
  for (const [name, value] of response.headers ?? []) lines.push(`${name}: ${value}`);
  if (response.body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(response.body)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${response.body ?? ''}`);
}
