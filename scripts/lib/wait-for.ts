/**
 * Asks until the answer is neither false nor undefined, and gives it back. When time runs out the error says what was waited for, for
 * how long, and what the last try came to.
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | false | undefined> | T | false | undefined,
  everyMs = 100,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await ask();
      lastError = undefined;
      if (answer !== false && answer !== undefined) return answer;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= endMs) {
      const why =
        lastError === undefined ? '' : `: ${lastError instanceof Error ? lastError.message : String(lastError)}`;
      throw new Error(`${what}: not within ${timeoutMs / 1000} s${why}`, { cause: lastError });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
