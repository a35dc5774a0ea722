/** What a client says about one track that it receives (RFC 3550, 6.4.1). */
export interface ReceiverReport {
  readonly ssrc: number;
  /** Of 256, since its last report. */
  readonly fractionLost: number;
  /** Since its start; negative when duplicates came. */
  readonly packetsLost: number;
  readonly highestSequence: number;
  /** In ticks of the track. */
  readonly jitter: number;
}

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const BLOCK_BYTES = 24;

/** The report blocks of a compound RTCP packet; stops at the first part that is cut or is not RTCP. */
export function parseReceiverReports(rtcp: Buffer): ReceiverReport[] {
  const reports: ReceiverReport[] = [];
  let offset = 0;
  while (offset + 8 <= rtcp.length && rtcp[offset]! >> 6 === 2) {
    const end = offset + 4 * (rtcp.readUInt16BE(offset + 2) + 1);
    if (end > rtcp.length) break;
    const type = rtcp[offset + 1];
    if (type === RECEIVER_REPORT || type === SENDER_REPORT) {
      const firstBlock = offset + (type === SENDER_REPORT ? 28 : 8);
      const blocks = Math.min(rtcp[offset]! & 31, Math.floor((end - firstBlock) / BLOCK_BYTES));
      for (let i = 0; i < blocks; i++) reports.push(readBlock(rtcp, firstBlock + i * BLOCK_BYTES));
    }
    offset = end;
  }
  return reports;
}

function readBlock(rtcp: Buffer, at: number): ReceiverReport {
  return {
    ssrc: rtcp.readUInt32BE(at),
    fractionLost: rtcp[at + 4]!,
    packetsLost: rtcp.readIntBE(at + 5, 3),
    highestSequence: rtcp.readUInt32BE(at + 8),
    jitter: rtcp.readUInt32BE(at + 12),
  };
}
