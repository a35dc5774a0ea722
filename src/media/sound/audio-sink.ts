import type { AccessUnit, AudioFormat } from '../access-unit.ts';

export interface AudioSink {
  /** Before the first unit, and before each unit that needs another format than the one before. */
  onAudioFormat(format: AudioFormat): void;
  onAudioUnit(unit: AccessUnit): void;
}
