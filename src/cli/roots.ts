// What the CLI starts through the entry points of the two roots, node and sim. It knows nothing else of them.

/** Ways out for a root that shows something: text for people, one JSON document per line for programs. */
export interface Stage {
  readonly json: boolean;
  out(text: string): Promise<void>;
  err(text: string): void;
  readonly outIsTty: boolean;
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface UpOptions {
  /** Where the network's folders go. */
  readonly folder: string;
  /** Venue nodes beside the analyst; absent: as many as the show needs. */
  readonly nodes?: number;
  /** Invented people in households beside them; 0: none. */
  readonly people: number;
  readonly keep: boolean;
  readonly show: boolean;
  readonly once: boolean;
  /** Aborted: drain, end every process, remove what was not to be kept, return. */
  readonly signal: AbortSignal;
  readonly stage: Stage;
}

export interface NodeOptions {
  readonly folder: string;
  /** Aborted: drain and return. */
  readonly signal: AbortSignal;
  /** Called once, when the API answers. */
  readonly onReady: () => void;
}

/** Both return the exit code; configuration faults and the like are thrown with a sentence. */
export interface NodeRoot {
  runUp(options: UpOptions): Promise<number>;
  runNode(options: NodeOptions): Promise<number>;
}
