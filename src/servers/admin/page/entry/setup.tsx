import { useState } from 'preact/hooks';
import type { ApiClient } from '../api/client.ts';
import { Field } from '../parts/field.tsx';
import { useAction } from '../parts/use-action.ts';
import { Door } from './door.tsx';

const PASSWORD_MIN = 12;

/** First visit: the code shows that whoever sets the password can see the unit's console. */
export function Setup({ api, onDone }: { api: ApiClient; onDone: () => void }) {
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const action = useAction();

  async function submit() {
    if (password !== repeated) throw new Error('The two passwords differ.');
    await api.setUp(code.trim(), password);
    onDone();
  }

  return (
    <Door
      title="Set the password"
      intro="This unit has no password yet. Its console shows a one-time setup code."
      action="Set password and sign in"
      isBusy={action.isBusy}
      error={action.error}
      onSubmit={() => void action.run(submit)}
    >
      <Field
        label="Setup code"
        name="code"
        autocomplete="one-time-code"
        placeholder="0000-0000"
        required
        value={code}
        onText={setCode}
      />
      <Field
        label="New password"
        hint={`At least ${PASSWORD_MIN} characters. A sentence that you can remember is better than a short riddle.`}
        type="password"
        name="password"
        autocomplete="new-password"
        required
        value={password}
        onText={setPassword}
      />
      <Field
        label="Repeat the password"
        type="password"
        name="repeated"
        autocomplete="new-password"
        required
        value={repeated}
        onText={setRepeated}
      />
    </Door>
  );
}
