import { type Static, Type } from '@sinclair/typebox';
import { generalFields, type Settings } from '../../config/settings.ts';
import type { SettingsStore } from '../../config/settings-store.ts';
import type { Audit } from './audit-log.ts';
import { type Route, route } from './route.ts';
import { SettingsReply } from './shapes.ts';

const SettingsPatch = Type.Partial(Type.Object(generalFields), { additionalProperties: false });

/** Settings of the whole unit; channels have routes of their own. */
export function settingsRoutes(deps: {
  settings: SettingsStore;
  onChange: () => Promise<void>;
  audit: Audit;
}): Route[] {
  const { settings, onChange, audit } = deps;
  const reply = { description: 'The settings', schema: SettingsReply };
  return [
    route({
      method: 'get',
      path: '/settings',
      summary: 'Settings of the unit',
      responses: { 200: reply },
      handler: () => settingsReply(settings.current),
    }),
    route({
      method: 'patch',
      path: '/settings',
      summary: 'Changes what is given; `listen` takes effect at the next start',
      body: SettingsPatch,
      responses: { 200: reply },
      handler: async ({ body }, ctx) => {
        const changed = await settings.update((before) => ({ ...before, ...(body as Partial<Settings>) }));
        audit({ event: 'settings-changed', from: ctx.ip, detail: JSON.stringify(body) });
        await onChange();
        return settingsReply(changed);
      },
    }),
  ];
}

function settingsReply({ channels, ...general }: Settings): Static<typeof SettingsReply> {
  return general;
}
