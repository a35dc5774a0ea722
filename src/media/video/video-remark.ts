/** What is unusual about a stream, told once a session: for the log, and where nothing can be recorded, for the ledger. */
export type VideoRemark =
  /** H.264 whose units come in another order than that of decoding. */
  | 'interleaved'
  /** H.265 with a decoding order number in front of each unit, although the description says none. */
  | 'decoding-order-numbers'
  /** A part of each picture is coded anew instead of a whole one from time to time. */
  | 'no-key-frames'
  /** The marker does not say where a picture ends. */
  | 'marker-within-pictures'
  /** Recorded without knowing the size of the picture. */
  | 'unreadable-parameter-sets';
