/** The public types of two studies that are compared; conventions as in types.ts, which exports them too. */

import type { Lesion } from '../lesions/classification-types.js';
import type { Geometry, MaskInput, Matrix3, Segmentation, Vector3, VolumeInput, Warning } from '../types.js';

/** One date: a result of `classifyLesions`, or what another program found in its form. */
export interface ComparedStudy extends Geometry {
  /** The scan. */
  readonly volume: VolumeInput;
  /** On the grid of the scan. */
  readonly liver: Segmentation | MaskInput | (Geometry & { readonly mask: Uint8Array });
  /** 0, or the id of the lesion; order (z, y, x). */
  readonly mask: Uint8Array;
  /** Those in `mask`, each once. */
  readonly lesions: readonly Pick<Lesion, 'id' | 'diameterMm' | 'volumeMl' | 'recistMeasurable'>[];
}

/** Of both dates; null where there is no lesion at one. */
export interface BeforeAndAfter {
  /** At the earlier date. */
  readonly before: number | null;
  /** At the later date. */
  readonly after: number | null;
}

/**
 * What became of a lesion. `grown`: its longest diameter by a fifth and 5 mm at least; `shrunk`: by 30 % at least (the limits that
 * RECIST 1.1 has for sums); `stable`: between. `new`, `gone`: the other date's scan shows the place and nothing was found
 * there. `not-shown`: the other date's scan does not show the place.
 */
export type LesionChange = 'new' | 'gone' | 'grown' | 'shrunk' | 'stable' | 'not-shown';

/** One lesion at two dates; several of a date where they grew together or fell apart. */
export interface ComparedLesion {
  /** Ids at the earlier date, ascending. */
  readonly before: readonly number[];
  /** Ids at the later date, ascending. */
  readonly after: readonly number[];
  /** What became of it. */
  readonly change: LesionChange;
  /** Longest axial diameters, added up where there are several. */
  readonly diameterMm: BeforeAndAfter;
  /** Volumes, added up. */
  readonly volumeMl: BeforeAndAfter;
  /** (after − before) / before of the diameter; null where one is missing. */
  readonly diameterChange: number | null;
  /** The same of the volume. */
  readonly volumeChange: number | null;
  /** Between the centres of mass after registration, mm; null where there is none at one date. */
  readonly distanceMm: number | null;
}

/** From one scan to another: its `place` lies in the other at `rotation · place + offsetMm`, mm, LPS. */
export interface RigidMotion {
  /** Row-major. */
  readonly rotation: Matrix3;
  /** Its shift. */
  readonly offsetMm: Vector3;
}

/**
 * How the earlier scan was brought to the later one: as a rigid body, by the liver and what lies around. The motion is from
 * the later scan to the earlier one.
 */
export interface Registration extends RigidMotion {
  /** Dice of both livers where both scans show them: what breathing and growth bent is not followed. */
  readonly liverDice: number;
}

/** Two studies of one patient. */
export interface StudyComparison {
  /** Every lesion of both dates once: those of the later date by id, then those gone. */
  readonly lesions: readonly ComparedLesion[];
  /** Of the longest diameters of all lesions but those not shown at one date. */
  readonly sumOfDiametersMm: { readonly before: number; readonly after: number };
  /**
   * As RECIST 1.1 follows an organ: the two longest measurable lesions of the earlier date that the later scan shows, and
   * the sums of their diameters. No response is told: that takes the other organs, and a reader.
   */
  readonly targets: {
    /** Ids at the earlier date. */
    readonly lesions: readonly number[];
    /** mm. */
    readonly before: number;
    /** mm; a lesion that is gone counts 0. */
    readonly after: number;
  };
  /** How the studies were brought to one place. */
  readonly registration: Registration;
  /** ms by stage. */
  readonly timings: Readonly<Record<string, number>>;
  /** Of both studies, and of this call: `REGISTRATION_DOUBTFUL`, `STUDIES_DISAGREE`. */
  readonly warnings: readonly Warning[];
}
