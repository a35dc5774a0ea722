import { randomBytes, randomInt } from 'node:crypto';
import type { LiveStream } from '../live-stream.ts';
import { PlaySession, type TrackSetup } from '../play-session.ts';
import { parseReceiverReports } from '../rtp/receiver-report.ts';
import { InterleavedOutlet, type TrackOutlet } from '../transport/outlet.ts';
import { UdpOutlet } from '../transport/udp-outlet.ts';
import type { ClientWire } from '../transport/wire.ts';
import type { ServedCamera } from './served-camera.ts';
import { TRACK_CONTROLS, type TrackName } from './session-description.ts';
import type { TransportOffer } from './transport.ts';

const TRACKS: readonly TrackName[] = ['video', 'sound'];

/** What one client has set up of one stream: from its first SETUP to TEARDOWN, or the end of its connection. */
export class RtspSession {
  readonly id = randomBytes(8).toString('hex');
  readonly stream: LiveStream;
  readonly #camera: ServedCamera;
  readonly #wire: ClientWire;
  readonly #onHeard: () => void;
  readonly #tracks: Partial<Record<TrackName, TrackSetup>> = {};
  #playing: PlaySession | undefined;
  #isEnded = false;

  /** `onHeard`: the client has sent something outside of its connection. */
  constructor(input: { camera: ServedCamera; stream: LiveStream; wire: ClientWire; onHeard: () => void }) {
    this.#camera = input.camera;
    this.stream = input.stream;
    this.#wire = input.wire;
    this.#onHeard = input.onHeard;
  }

  /** It needs no connection to go on. */
  get isOverUdp(): boolean {
    return TRACKS.some((track) => this.#tracks[track]?.outlet instanceof UdpOutlet);
  }

  get isPlaying(): boolean {
    return this.#playing !== undefined;
  }

  /** Returns the Transport header of the answer. */
  async setUp(track: TrackName, offer: TransportOffer): Promise<string> {
    this.#tracks[track]?.outlet.close();
    const ssrc = randomBytes(4).readUInt32BE(0);
    const firstSequence = randomInt(0x10000);
    const ssrcText = `ssrc=${ssrc.toString(16).padStart(8, '0').toUpperCase()}`;
    if (offer.kind === 'interleaved') {
      const channel = offer.channel ?? TRACKS.indexOf(track) * 2;
      this.#tracks[track] = { outlet: new InterleavedOutlet(this.#wire), channel, ssrc, firstSequence };
      return `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1};${ssrcText}`;
    }
    const { rtpPort, rtcpPort } = offer;
    const { address, udpQuirk } = this.#camera;
    const outlet = await UdpOutlet.open({
      address,
      client: { address: this.#wire.client.address, rtpPort, rtcpPort },
      isMuted: udpQuirk === 'nothing-sent',
      onReport: (rtcp) => this.#takeReport(track, rtcp),
      onHolePunch: () => {
        this.#onHeard();
        this.#playing?.tally.countHolePunch();
      },
    });
    this.#tracks[track] = { outlet, channel: 0, ssrc, firstSequence };
    if (this.#isEnded) outlet.close();
    const ports = `client_port=${rtpPort}-${rtcpPort}`;
    // OpenIPC names no port of its own: the client cannot know where to send reports and hole punches.
    const own = udpQuirk === 'no-server-port' ? '' : `server_port=${outlet.rtpPort}-${outlet.rtpPort + 1};`;
    return `RTP/AVP;unicast;${ports};${own}${ssrcText}`;
  }

  /** Begins to send with the stream's next tick. Returns the RTP-Info header of the answer. */
  play(baseUrl: string): string {
    const { startAtKey, faults, clock } = this.#camera;
    const { video, sound } = this.#tracks;
    this.#playing = new PlaySession({
      id: this.id,
      client: `${this.#wire.client.address}:${this.#wire.client.port}`,
      transport: this.#transportOf(video ?? sound),
      ...{ clock, faults, video, sound, startAtKey },
    });
    const start = this.stream.join(this.#playing, startAtKey);
    const timestamps = { video: start.videoTimestamp, sound: start.soundTimestamp };
    return TRACKS.flatMap((track) => {
      const setup = this.#tracks[track];
      const url = `${baseUrl}/${TRACK_CONTROLS[track]}`;
      return setup ? [`url=${url};seq=${setup.firstSequence};rtptime=${timestamps[track]}`] : [];
    }).join(',');
  }

  /** RTCP that came interleaved. */
  takeInterleaved(channel: number, rtcp: Buffer): void {
    const track = TRACKS.find((name) => this.#tracks[name]?.channel === channel - 1);
    if (track) this.#takeReport(track, rtcp);
  }

  end(cause: string): void {
    this.#isEnded = true;
    for (const track of TRACKS) this.#tracks[track]?.outlet.close();
    if (!this.#playing) return;
    this.#playing.end(this.#camera.clock.nowUtcMs(), cause);
    this.stream.leave(this.#playing);
    this.#playing = undefined;
  }

  #takeReport(track: TrackName, rtcp: Buffer): void {
    this.#onHeard();
    for (const report of parseReceiverReports(rtcp)) this.#playing?.takeReport(track, report);
  }

  #transportOf(setup: TrackSetup | undefined): 'tcp' | 'udp' | 'http' {
    const outlet: TrackOutlet | undefined = setup?.outlet;
    return outlet instanceof UdpOutlet ? 'udp' : this.#wire.kind;
  }
}
