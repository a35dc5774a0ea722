import type { NalRole } from './video-codec.ts';

/** What is known of the access unit that is being put together. One object, used for each in turn. */
export class UnitInProgress {
  time = 0;
  /** Of its newest packet. */
  arrivalMs = 0;
  slices = 0;
  hasKeySlice = false;
  /** Where its delimiter ends: parameter sets are put in behind it. */
  delimiterEnd = 0;
  hasVps = false;
  hasSps = false;
  hasPps = false;
  /** It is named to be one that only who decodes from before its key frame can decode. */
  isSkippedLeading = false;

  /** `end` is where the NAL unit ends in it. */
  note(role: NalRole, end: number): void {
    switch (role) {
      case 'key-slice':
        this.hasKeySlice = true;
        this.slices++;
        break;
      case 'slice':
        this.slices++;
        break;
      case 'vps':
        this.hasVps = true;
        break;
      case 'sps':
        this.hasSps = true;
        break;
      case 'pps':
        this.hasPps = true;
        break;
      case 'delimiter':
        this.delimiterEnd = end;
        break;
      case 'prefix-sei':
      case 'other':
        break;
    }
  }

  /** The next one begins, at the same time as far as is known. */
  reset(): void {
    this.slices = 0;
    this.hasKeySlice = false;
    this.delimiterEnd = 0;
    this.hasVps = false;
    this.hasSps = false;
    this.hasPps = false;
    this.isSkippedLeading = false;
  }
}
