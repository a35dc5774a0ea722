/** Addresses of the page, kept behind the `#` so that the server needs to know only one. */
export type Route =
  /** `stream`: the channel whose stream report is open. */
  | { readonly page: 'overview'; readonly stream: number | undefined }
  | { readonly page: 'live'; readonly tiles: number | undefined; readonly screen: number }
  | { readonly page: 'playback'; readonly channel: number | undefined; readonly atUtcMs: number | undefined };

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const params = new URLSearchParams(search);
  switch (path) {
    case 'live':
      return {
        page: 'live',
        tiles: positiveInteger(params.get('tiles')),
        screen: positiveInteger(params.get('screen')) ?? 1,
      };
    case 'playback':
      return {
        page: 'playback',
        channel: positiveInteger(params.get('channel')),
        atUtcMs: positiveInteger(params.get('at')),
      };
    default:
      return { page: 'overview', stream: positiveInteger(params.get('stream')) };
  }
}

export function formatRoute(route: Route): string {
  const params = new URLSearchParams();
  if (route.page === 'overview' && route.stream) params.set('stream', String(route.stream));
  if (route.page === 'live') {
    if (route.tiles) params.set('tiles', String(route.tiles));
    if (route.screen > 1) params.set('screen', String(route.screen));
  }
  if (route.page === 'playback') {
    if (route.channel) params.set('channel', String(route.channel));
    if (route.atUtcMs) params.set('at', String(Math.round(route.atUtcMs)));
  }
  const search = params.toString();
  return `#/${route.page}${search ? `?${search}` : ''}`;
}

function positiveInteger(text: string | null): number | undefined {
  return text && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
