import { Fragment } from 'preact';
import { pairsOf } from '../text/fingerprint.ts';

/** Of a certificate; lines break between the pairs, which people compare one by one. */
export function Fingerprint({ hex }: { hex: string }) {
  return (
    <code class="fingerprint">
      {pairsOf(hex).map((pair, i) => (
        <Fragment key={i}>
          {i > 0 && (
            <>
              :<wbr />
            </>
          )}
          {pair}
        </Fragment>
      ))}
    </code>
  );
}
