/** Something that records cameras: Holdfast, or ffmpeg. */
export interface Subject {
  readonly name: string;
  /** Of what records; what serves watchers is measured apart. */
  readonly pids: readonly number[];
  /** The folders that hold its files. */
  readonly folders: readonly string[];
  /** Further processes whose cost is of interest, by name. */
  readonly besides: Readonly<Record<string, number>>;
  /** Clean, so that what is in memory gets into the files. */
  stop(): Promise<void>;
  /** Figures of its own, asked for before it is stopped. */
  extras(): Record<string, number>;
}
