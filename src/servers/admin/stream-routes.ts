import type { Static } from '@sinclair/typebox';
import type { RecorderView } from '../../channels/recorder-view.ts';
import type { ChannelRegistry } from '../../channels/registry.ts';
import { checkStream } from '../../channels/stream-check.ts';
import type { Settings } from '../../config/settings.ts';
import type { StreamReport } from '../../link/stream-report.ts';
import { type Route, route } from './route.ts';
import { NumberParams, StreamReportReply } from './shapes.ts';

/** What was measured of a channel's stream, and what that means for whoever set up the camera. */
export function streamRoutes(deps: {
  channels: Pick<ChannelRegistry, 'get'>;
  recorder: RecorderView;
  settings: () => Pick<Settings, 'promisedLossMs'>;
}): Route[] {
  const { channels, recorder, settings } = deps;
  return [
    route({
      method: 'get',
      path: '/channels/:number/stream-report',
      summary: 'The stream as it was measured since the session with the camera began, with findings in plain words',
      params: NumberParams,
      responses: { 200: { description: 'Report and findings', schema: StreamReportReply } },
      handler: ({ params }) => {
        const { report, findings, presentedCertificate } = checkStream(
          channels.get(params.number),
          recorder,
          settings(),
        );
        return { channel: params.number, report: reportReply(report), presentedCertificate, findings };
      },
    }),
  ];
}

function reportReply(report: StreamReport | undefined): Static<typeof StreamReportReply>['report'] {
  if (report === undefined) return null;
  const { kind, channelId, ...measured } = report;
  return measured;
}
