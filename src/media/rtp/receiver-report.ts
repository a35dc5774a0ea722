import { type ReportBlock, RTCP_TYPES, type SenderReport } from './rtcp.ts';

/** What is known of one sender since it began (RFC 3550 appendix A.3). */
export interface ReceptionState {
  readonly ssrc: number;
  /** Packets sent, as their numbers show, and those of them that never came. */
  readonly sent: number;
  readonly lost: number;
  readonly highestSequence: number;
  readonly jitter: number;
}

const MAX_FRACTION = 255;
const MAX_LOST = 0x7fffff;
const DELAY_UNITS_PER_MS = 65_536 / 1000;

/** Makes the report blocks on one sender, each about the time since the one before. */
export class ReceptionReporter {
  #ssrc: number | undefined;
  #sentBefore = 0;
  #lostBefore = 0;
  #senderReport: { ssrc: number; ntpMiddle: number; atMs: number } | undefined;

  noteSenderReport({ ssrc, ntpMiddle }: SenderReport, arrivalMonotonicMs: number): void {
    this.#senderReport = { ssrc, ntpMiddle, atMs: arrivalMonotonicMs };
  }

  next(state: ReceptionState, nowMonotonicMs: number): ReportBlock {
    // A new sender, or one that has restarted its count.
    if (state.ssrc !== this.#ssrc || state.sent < this.#sentBefore) {
      this.#sentBefore = 0;
      this.#lostBefore = 0;
    }
    const sent = state.sent - this.#sentBefore;
    const lost = state.lost - this.#lostBefore;
    this.#ssrc = state.ssrc;
    this.#sentBefore = state.sent;
    this.#lostBefore = state.lost;
    const report = this.#senderReport?.ssrc === state.ssrc ? this.#senderReport : undefined;
    const sinceReportMs = report === undefined ? 0 : nowMonotonicMs - report.atMs;
    return {
      ssrc: state.ssrc,
      fractionLost: sent <= 0 || lost <= 0 ? 0 : Math.min(MAX_FRACTION, Math.floor((lost * 256) / sent)),
      packetsLost: Math.min(MAX_LOST, state.lost),
      highestSequence: state.highestSequence,
      jitter: state.jitter,
      lastSenderReport: report?.ntpMiddle ?? 0,
      delaySinceLastSenderReport: Math.min(0xffffffff, Math.round(sinceReportMs * DELAY_UNITS_PER_MS)),
    };
  }
}

/** A receiver report and the name of who sends it: the least that a compound must hold (RFC 3550 §6.1). */
export function encodeReceiverReport(ssrc: number, cname: string, blocks: readonly ReportBlock[]): Buffer {
  const name = Buffer.from(cname, 'latin1');
  const reportBytes = 8 + 24 * blocks.length;
  // Behind the name at least one zero byte, up to a whole word (RFC 3550 §6.5).
  const descriptionBytes = (4 + 4 + 2 + name.length + 4) & ~3;
  const bytes = Buffer.alloc(reportBytes + descriptionBytes);
  writeHeader(bytes, 0, RTCP_TYPES.receiverReport, blocks.length, reportBytes);
  bytes.writeUInt32BE(ssrc, 4);
  for (const [index, block] of blocks.entries()) writeBlock(bytes, 8 + 24 * index, block);
  writeHeader(bytes, reportBytes, RTCP_TYPES.sourceDescription, 1, descriptionBytes);
  bytes.writeUInt32BE(ssrc, reportBytes + 4);
  bytes[reportBytes + 8] = 1; // CNAME
  bytes[reportBytes + 9] = name.length;
  name.copy(bytes, reportBytes + 10);
  return bytes;
}

function writeHeader(bytes: Buffer, at: number, type: number, count: number, lengthBytes: number): void {
  bytes[at] = 0x80 | count;
  bytes[at + 1] = type;
  bytes.writeUInt16BE(lengthBytes / 4 - 1, at + 2);
}

function writeBlock(bytes: Buffer, at: number, block: ReportBlock): void {
  bytes.writeUInt32BE(block.ssrc, at);
  bytes[at + 4] = block.fractionLost;
  bytes.writeIntBE(block.packetsLost, at + 5, 3);
  bytes.writeUInt32BE(block.highestSequence, at + 8);
  bytes.writeUInt32BE(block.jitter >>> 0, at + 12);
  bytes.writeUInt32BE(block.lastSenderReport, at + 16);
  bytes.writeUInt32BE(block.delaySinceLastSenderReport, at + 20);
}
