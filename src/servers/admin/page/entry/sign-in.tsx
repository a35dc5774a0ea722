import { useState } from 'preact/hooks';
import type { ApiClient } from '../api/client.ts';
import { Field } from '../parts/field.tsx';
import { useAction } from '../parts/use-action.ts';
import { Door } from './door.tsx';

export function SignIn({ api, onDone }: { api: ApiClient; onDone: () => void }) {
  const [password, setPassword] = useState('');
  const action = useAction();

  async function submit() {
    await api.signIn(password);
    onDone();
  }

  return (
    <Door
      title="Sign in"
      action="Sign in"
      isBusy={action.isBusy}
      error={action.error}
      onSubmit={() => void action.run(submit)}
    >
      <Field
        label="Password"
        type="password"
        name="password"
        autocomplete="current-password"
        required
        autoFocus
        value={password}
        onText={setPassword}
      />
    </Door>
  );
}
