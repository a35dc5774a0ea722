/** What the API answers, as far as the page reads it. Times are UTC milliseconds. */

export interface Session {
  readonly isSetUp: boolean;
  readonly isSignedIn: boolean;
}

export type ChannelStateName = 'off' | 'connecting' | 'recording' | 'failing' | 'paused';

export interface VideoInfo {
  readonly codec: string;
  readonly codecString: string;
  readonly width: number;
  readonly height: number;
}

export interface AudioInfo {
  readonly codec: string;
  readonly clockRate: number;
  readonly channels: number;
}

export interface ChannelStatus {
  readonly number: number;
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly state: ChannelStateName;
  readonly cause: string | null;
  readonly detail: string;
  readonly sinceUtcMs: number | null;
  /** Fingerprint of a certificate that was refused because another one is expected. */
  readonly presentedCertificate: string | null;
  readonly allotmentMbps: number;
  readonly mbps1s: number;
  readonly mbps60s: number;
  readonly lastFootageUtcMs: number | null;
  readonly video: VideoInfo | null;
  readonly audio: AudioInfo | null;
  readonly packetsLost: number;
  readonly framesDropped: number;
  /** Measured, where key frames come so seldom that who watches notices. */
  readonly longKeyIntervalMs: number | null;
  readonly findings: Readonly<Record<Severity, number>>;
}

/** `problem`: footage is lost, or will be. `advice`: the camera could be set better. */
export type Severity = 'problem' | 'advice' | 'note';

export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  readonly sentence: string;
  /** Empty where there is nothing to do. */
  readonly advice: string;
}

/** What was measured of a stream since the session with the camera began. */
export interface StreamReport {
  readonly atUtcMs: number;
  readonly measuredMs: number;
  readonly transport: 'tcp' | 'udp' | 'http';
  readonly isEncrypted: boolean;
  readonly certificate: string | null;
  readonly authentication?: 'none' | 'basic' | 'digest';
  readonly video:
    | (VideoInfo & {
        readonly profile: string;
        readonly level: string;
        readonly framesPerSecond: number;
        readonly framesPerSecondDeclared: number | null;
        readonly keyIntervalMs: number | null;
        readonly longestKeyIntervalMs: number | null;
        readonly formatChanges: number;
      })
    | null;
  readonly audio: (AudioInfo & { readonly source: string }) | null;
  readonly meanMbps: number;
  readonly peakMbps: number;
  readonly clock: {
    readonly offsetMs: number | null;
    readonly driftPpm: number | null;
    readonly timestampJumps: number;
  };
  readonly loss: {
    readonly packetsReceived: number;
    readonly packetsLost: number;
    readonly packetsLate: number;
    readonly framesDropped: { readonly incomplete: number; readonly undecodable: number; readonly malformed: number };
  };
  readonly sinceStart?: { readonly sessions: number };
}

export interface StreamReply {
  readonly report: StreamReport | null;
  readonly presentedCertificate: string | null;
  /** The worst first. */
  readonly findings: readonly Finding[];
}

export type BayState = 'ready' | 'gone' | 'full' | 'failed' | 'unknown';

export interface Bay {
  readonly id: string;
  readonly label: string;
  readonly state: BayState;
  readonly detail: string;
  readonly driveId: string | null;
  readonly driveLabel: string | null;
  readonly capacityBytes: number | null;
  readonly freeBytes: number | null;
  readonly footageBytes: number;
  readonly oldestUtcMs: number | null;
  readonly newestUtcMs: number | null;
  /** Forecast at the rate of now; null while nothing is recorded. */
  readonly daysKept: number | null;
}

export interface Rating {
  readonly limitMbps: number;
  readonly allottedMbps: number;
  readonly measuredMbps: number;
}

export interface Status {
  readonly unit: string;
  readonly name: string;
  readonly nowUtcMs: number;
  readonly recorder: {
    readonly isConnected: boolean;
    readonly boot: number | null;
    readonly startedUtcMs: number | null;
  };
  readonly rating: Rating;
  readonly channelLimit: number;
  readonly channels: readonly ChannelStatus[];
  readonly bays: readonly Bay[];
  /** The index is being brought up to what the drives say; until then footage may be missing from it. */
  readonly catalog: { readonly isCatchingUp: boolean };
  readonly system: {
    readonly uptimeS: number;
    readonly loadPercent: number | null;
    readonly memoryUsedBytes: number | null;
    readonly memoryTotalBytes: number | null;
  };
}

/** As it is set, unlike `ChannelStatus`, which says how it does. The password never comes back. */
export interface ChannelSettings {
  readonly number: number;
  readonly name: string;
  readonly url: string;
  readonly username: string;
  readonly transport: TransportName;
  /** Null: the one that the camera shows first. */
  readonly certificate: string | null;
  readonly allotmentMbps: number;
}

export type TransportName = 'auto' | 'tcp' | 'udp' | 'http';

export interface ChannelChange {
  readonly number?: number;
  readonly name?: string;
  readonly url?: string;
  readonly username?: string;
  readonly password?: string;
  readonly transport?: TransportName;
  readonly certificate?: string | null;
  readonly allotmentMbps?: number;
}

export interface Span {
  readonly fromUtcMs: number;
  readonly toUtcMs: number;
}

export interface Gap {
  readonly id: string;
  readonly fromUtcMs: number;
  /** Null while it lasts. */
  readonly toUtcMs: number | null;
  readonly cause: string;
  readonly detail: string;
}

export interface ChannelGap extends Gap {
  /** Null for a channel that has been removed. */
  readonly channel: number | null;
}

export interface Timeline extends Span {
  readonly channel: number;
  readonly footage: readonly Span[];
  readonly gaps: readonly Gap[];
}

/** Text messages of the live WebSocket; the media between them are binary. */
export type LiveMessage =
  | {
      readonly kind: 'format';
      /** The media are an init segment and fragments, or whole JPEG files. */
      readonly media: 'mp4' | 'jpeg';
      readonly mime: string;
      readonly width: number;
      readonly height: number;
      readonly codec: string;
      readonly hasSound: boolean;
    }
  | {
      readonly kind: 'state';
      readonly state: ChannelStateName;
      readonly cause: string | null;
      readonly detail: string;
    };
