import type { ClipOptions } from './clip-options.ts';
import type { PackingOptions } from './rtp/prepared-clip.ts';
import type { AuthOptions, AuthScheme, Credentials } from './rtsp/authentication.ts';
import type { UdpQuirk } from './rtsp/served-camera.ts';
import type { OfferedTransport } from './rtsp/transport.ts';

/** What one camera is like. All of it travels as JSON. */
export interface CameraOptions {
  /** What generated pictures look like. */
  readonly clip?: Partial<ClipOptions> | undefined;
  /** Default `both`. */
  readonly parameterSets?: PackingOptions['parameterSets'] | undefined;
  /** Default `frame`. */
  readonly markers?: PackingOptions['markers'] | undefined;
  /** Clients get a key frame first (default), or whatever comes next. */
  readonly startAtKey?: boolean | undefined;

  readonly credentials?: Credentials | undefined;
  /** Default `both`. */
  readonly authScheme?: AuthScheme | undefined;
  /** Default `md5`. */
  readonly digest?: AuthOptions['digest'] | undefined;
  /** Default false. */
  readonly hasQop?: boolean | undefined;
  /** A nonce is stale after that. Default: never, on its connection. */
  readonly nonceSeconds?: number | undefined;
  /** DESCRIBE is answered with another address of the same stream. Default false. */
  readonly redirects?: boolean | undefined;

  /** It speaks TLS on its port, with a certificate made at the start. */
  readonly isEncrypted?: boolean | undefined;
  /** What SETUP is granted; else it is answered 461. Default `any`. */
  readonly transport?: OfferedTransport | undefined;
  /** Default `none`. */
  readonly udpQuirk?: UdpQuirk | undefined;

  /** Clients at a time; more are answered 453. Default: any number. */
  readonly maxSessions?: number | undefined;
  /** Sessions over UDP go on without the connection that set them up, until TEARDOWN or 60 s of silence. Default false. */
  readonly sessionsOutlive?: boolean | undefined;

  /** RTP time of each stream's first frame. Default: differs from camera to camera. */
  readonly firstTimestamp?: number | undefined;
  /** How much faster its quartz runs than ours, in millionths; pictures come as much faster. Default 0. */
  readonly driftPpm?: number | undefined;
  /** What its time of day, in sender reports, is ahead of ours. Default 0. */
  readonly clockOffsetSeconds?: number | undefined;
  /** RTP time goes on by a declared frame's duration each frame, however many come. Needs `clip.declaredFps`. */
  readonly hasCountedTimestamps?: boolean | undefined;
  /** Default true. Some cameras never send any. */
  readonly hasSenderReports?: boolean | undefined;
}
