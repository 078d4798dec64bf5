/** The public types of lesions; conventions as in types.ts, which exports them too. */

import type {
  BoundingBox,
  Geometry,
  Mask,
  MaskInput,
  ModelIdentity,
  NetworkResult,
  Perimeter,
  RigidMotion,
  Vector3,
  Volume,
  VolumeInput,
  Warning,
} from '../types.js';
import type { kLesionTypes } from './lesion-types.js';

/** Cyst, haemangioma, hepatocellular carcinoma, metastasis (paper, Materials and methods). */
export type LesionType = (typeof kLesionTypes)[number];

/** A scan for the training of a lesion network. Paths are resolved against the caller's working directory. */
export interface LesionTrainingCase {
  /** All scans of a patient lie on one side of the split. */
  readonly patient: string;
  /** A NIfTI file, or a DICOM folder or file. */
  readonly image: string;
  /**
   * The liver, lesions included: a NIfTI mask, a DICOM SEG or RTSTRUCT of the image's series, a DICOM mask series, or JSON
   * polygons. Default: in `label`.
   */
  readonly liver?: string;
  /** Values of `liver`, or of `label` where there is no `liver`, that are liver; default for `liver`: all non-zero. */
  readonly liverValues?: readonly number[];
  /** Instead of values, of a SEG or RTSTRUCT: its segments that are liver, by number, label or code (`SCT:10200004`). */
  readonly liverSegments?: readonly (number | string)[];
  /**
   * The lesions: a mask, SEG or RTSTRUCT with the values of `labelTypes`, or JSON polygons whose `type` (VIA: attribute `type`; labelme:
   * `label`) is that of the lesion; polygons named `liver`, or not at all, outline the liver.
   */
  readonly label?: string;
  /**
   * The lesion type of a mask's values; without it the scan has no lesion. Segments of a SEG or RTSTRUCT have their place
   * from 1 as their value, and are named by label or code as well: `{ 'SCT:25370001': 'HCC' }`.
   */
  readonly labelTypes?: Readonly<Record<string, LesionType | 'unknown'>>;
  /** All lesions are marked, perhaps because there are none; default true. Where false the scan is only a ground. */
  readonly marked?: boolean;
  /** Synthetic lesions may be put into it; default false. */
  readonly ground?: boolean;
}

/** The scans that a lesion network learns from. */
export interface LesionTrainingDataset {
  /** One a scan. */
  readonly cases: readonly LesionTrainingCase[];
  /** Of finding the cases; a training passes them on. */
  readonly warnings?: readonly Warning[];
}

/** A dataset whose cases were found, or checked. */
export interface DiscoveredLesionDataset extends LesionTrainingDataset {
  /** Of finding the cases. */
  readonly warnings: readonly Warning[];
}

/** A lesion's extent in one slice. */
export interface LesionSlice {
  /** z index. */
  readonly slice: number;
  /** First and last pixel inside, x and y. */
  readonly box: { readonly min: readonly [number, number]; readonly max: readonly [number, number] };
  /** Of the lesion in this slice. */
  readonly areaMm2: number;
}

/**
 * When contrast medium was given before the scan, told from HU (docs/contrast-phase.md). `NON_CONTRAST` and
 * `ARTERIAL_PHASE` warn where it is not what networks were trained on.
 */
export interface Contrast {
  /** `unknown` wherever aorta and liver do not fit one phase alone. */
  readonly phase: 'non-contrast' | 'arterial' | 'portal-venous' | 'late' | 'unknown';
  /** Median of the aorta beside the liver; null where it was not found. */
  readonly aortaHu: number | null;
  /** Median of the liver; null where there is none. */
  readonly liverHu: number | null;
}

/**
 * A part of the liver in the manner of Couinaud's segments, told from the liver's outline alone, without its vessels:
 * rough. Sectors share the volume as livers do on average (30, 36, 15 and 19 %), `level` halves them. Near a border the
 * neighbour may be right, in an unusual liver anything; segment I is not told.
 */
export interface LiverOctant {
  /** The half of the liver. */
  readonly side: 'right' | 'left';
  /** Of the right side `posterior` or `anterior`, of the left one `medial` or `lateral`. */
  readonly sector: 'posterior' | 'anterior' | 'medial' | 'lateral';
  /** The half of the sector. */
  readonly level: 'upper' | 'lower';
  /** The segment that usually lies there. */
  readonly couinaud: 'II' | 'III' | 'IVa' | 'IVb' | 'V' | 'VI' | 'VII' | 'VIII';
}

/** How bright a lesion is in one scan: HU, of means over 3 mm. */
export interface LesionBrightness {
  /** Median of the liver without its lesions. */
  readonly liverHu: number;
  /** Mean of the lesion. */
  readonly meanHu: number;
  /** Mean of its inner half, by depth. */
  readonly coreHu: number;
  /** Mean of its outer third. */
  readonly rimHu: number;
  /** 95th percentile. */
  readonly brightestHu: number;
  /** 5th percentile. */
  readonly darkestHu: number;
}

/** What the type of a lesion was told from where both phases were given. */
export interface ArterialSigns {
  /** In the arterial scan. */
  readonly arterial: LesionBrightness;
  /** In the portal venous scan. */
  readonly portal: LesionBrightness;
  /** What the portal venous scan alone says; they add up to 1. */
  readonly portalProbabilities: Readonly<Record<LesionType, number>>;
}

/** The arterial scan, laid on the portal venous one as a rigid body by the liver and what lies around. */
export interface ArterialPhase {
  /** From the portal venous scan to it. */
  readonly motion: RigidMotion;
  /**
   * How much of what the one scan shows in and around the liver the other tells, 0 to 1 (docs/arterial.md): below 0.14 it
   * is refused, below 0.25 there is a warning.
   */
  readonly agreement: number;
  /** How much of the liver it shows, 0 to 1. */
  readonly covered: number;
  /** What it looks like: `NOT_ARTERIAL` warns where that is not the arterial phase. */
  readonly contrast: Contrast;
}

/** One lesion: a 3-D connected component of the voxels whose location probability is high enough. */
export interface Lesion {
  /** From 1, largest first; its value in `LesionClassification.mask`. */
  readonly id: number;
  /** The likeliest of the four, also where it is indeterminate. */
  readonly type: LesionType;
  /** Of `type`. */
  readonly probability: number;
  /**
   * Of all four; they add up to 1. Mean of the class map over the lesion, at the model's temperature, which was fitted to
   * synthetic lesions; where there are `arterial` signs, what the model's readout makes of both phases.
   */
  readonly probabilities: Readonly<Record<LesionType, number>>;
  /** No type is as likely as `LesionClassification.indeterminateBelow`: it could be any. */
  readonly indeterminate: boolean;
  /** Whether `type` is HCC or MET. */
  readonly malignant: boolean;
  /** P(HCC) + P(MET). */
  readonly malignancyProbability: number;
  /** Mean of the location probability over the lesion. */
  readonly detectionProbability: number;
  /** Of all its slices. */
  readonly boundingBox: BoundingBox;
  /** Per-slice boxes, from the first slice to the last. */
  readonly slices: readonly LesionSlice[];
  /** By slice, outer borders and those of holes. */
  readonly perimeters: readonly Perimeter[];
  /** Of its voxels. */
  readonly volumeMl: number;
  /** Longest axial diameter (RECIST 1.1), mm. */
  readonly diameterMm: number;
  /** The longest chord perpendicular to it that lies inside the lesion, in the same slice (WHO), mm. */
  readonly perpendicularMm: number;
  /** z index of the slice with the longest diameter. */
  readonly diameterSlice: number;
  /**
   * Whether RECIST 1.1 takes it for measurable: `diameterMm` is at least 10, and at least twice the slices' distance where
   * that is over 5 mm.
   */
  readonly recistMeasurable: boolean;
  /**
   * From its nearest voxel to the surface of the liver, mm; 0 where it reaches the surface, null where the scan shows none.
   */
  readonly surfaceDistanceMm: number | null;
  /** Of its centre of mass; null where the mask is of no whole liver (under 400 ml, or 60 mm high). */
  readonly octant: LiverOctant | null;
  /**
   * How round it is: the surface of a sphere of the same volume over its own (IBSI's definition), which is taken for two
   * thirds of its voxels' outer faces; about 1 for a sphere of many voxels, up to 1.2 for a few voxels or a plate.
   */
  readonly sphericity: number;
  /**
   * How sharply it sets itself off (after Xu et al., Med Phys 2012; 39: 5405): how steeply HU go from the liver's to its core's
   * across its outline within the slice, as a part of that contrast (of 5 HU at least), 1/mm; 0 and less where the outline is
   * no edge, null where core, edge or liver is missing.
   */
  readonly marginSharpness: number | null;
  /** Mean of its voxels' HU. */
  readonly meanHu: number;
  /** Standard deviation of its voxels' HU. */
  readonly sdHu: number;
  /** Centre of mass: voxel (x, y, z). */
  readonly centre: Vector3;
  /** Centre of mass: mm, LPS. */
  readonly centreMm: Vector3;
  /** Absent where no arterial scan was given, or it does not show the whole lesion. */
  readonly arterial?: ArterialSigns;
}

/**
 * A liver whose mask does not come from `segmentLiver`: drawn or corrected in a viewer, or another program's.
 */
export interface LiverMask {
  /** The scan that the mask was drawn on. */
  readonly volume: VolumeInput;
  /** What is not 0 is liver, its lesions too; on the grid of the volume. */
  readonly mask: MaskInput | Uint8Array;
  /** Default `liver`; anything else is refused. */
  readonly structure?: string;
}

/** What a classification tells of its liver: a segmentation, or of a mask from elsewhere what can be told. */
export interface ClassifiedLiver extends Geometry {
  /** `liver`. */
  readonly structure: string;
  /** What is not 0 is liver; order (z, y, x). */
  readonly mask: Uint8Array;
  /** By slice, outer borders and those of holes. */
  readonly perimeters: readonly Perimeter[];
  /** 0 where the mask is empty. */
  readonly volumeMl: number;
  /** Null where the mask is empty. */
  readonly boundingBox: BoundingBox | null;
  /** z indices with liver, ascending. */
  readonly slices: readonly number[];
  /** The scan. */
  readonly volume: Volume;
  /** The network that outlined it. */
  readonly model?: ModelIdentity;
  /** Of volume and mask. */
  readonly warnings: readonly Warning[];
}

/** The lesions of one liver, on the grid of the source volume. */
export interface LesionClassification<Liver extends ClassifiedLiver = ClassifiedLiver> extends NetworkResult {
  /** Largest first. */
  readonly lesions: readonly Lesion[];
  /** 0, or the id of the lesion; order (z, y, x). */
  readonly mask: Uint8Array;
  /** The liver's. */
  readonly volume: Volume;
  /** The network that found them. */
  readonly model?: ModelIdentity;
  /** What `classifyLesions` was given; of a bare mask what can be told of it. */
  readonly liver: Liver;
  /** The location probability that a lesion was reported above: the option, or the model's. */
  readonly threshold: number;
  /** The location probability that its voxels have at least: the option, or the model's. */
  readonly extentThreshold: number;
  /** The least that a lesion had above `threshold`: the option, or the model's. */
  readonly minimumMl: number;
  /** The model's: a lesion whose likeliest type is less likely is `indeterminate`. */
  readonly indeterminateBelow: number;
  /** The arterial scan, where one was given and there is a liver. */
  readonly arterial?: ArterialPhase;
  /** `NON_CONTRAST`, `LARGE_LESION` (over 40 % of the liver in a slice), `FEW_SLICES`, `SEVERAL_TYPES`, `TOO_MANY_LESIONS`, … */
  readonly warnings: readonly Warning[];
  /** Frees the mask at once, not the liver and its volume; `mask` has length 0 afterwards. */
  dispose(): void;
}

/** How synthetic lesions look. `arterial` in a portal venous scan is not validated. */
export type ContrastPhase = 'portal-venous' | 'arterial';

/** One lesion that was made. */
export interface SyntheticLesion {
  /** From 1: its value in `SyntheticLesions.ids`. */
  readonly id: number;
  /** What it is made to be. */
  readonly type: LesionType;
  /** How it looks. */
  readonly phase: ContrastPhase;
  /** Of the whole ellipsoid, also where the liver's border cuts it: voxel (x, y, z). */
  readonly centre: Vector3;
  /** The same centre, mm, LPS. */
  readonly centreMm: Vector3;
  /** Before deformation, longest first. */
  readonly semiAxesMm: Vector3;
  /** How many it has. */
  readonly voxels: number;
  /** Of these voxels. */
  readonly volumeMl: number;
  /** Mean HU of its voxels. */
  readonly meanHu: number;
  /** HU that its main part was given. */
  readonly bodyHu: number;
  /** The liver's median HU. */
  readonly liverHu: number;
  /** What it shows: `capsule`, `washout`, `mosaic`, `necrosis`, `rim`, `peripheral nodules`, `flash filling`, … */
  readonly signs: readonly string[];
  /** How it looks in the arterial scan, where one was made. */
  readonly arterial?: {
    /** HU that its main part was given. */
    readonly bodyHu: number;
    /** Mean HU of its voxels, without noise. */
    readonly meanHu: number;
    /** What it shows: `arterial hyperenhancement`, `rim`, `peripheral nodules`, `hypervascular`, … */
    readonly signs: readonly string[];
  };
}

/** The second scan of a pair. */
export interface SyntheticArterialScan {
  /** The scan. */
  readonly volume: Volume;
  /** From the portal venous scan to it. */
  readonly motion: RigidMotion;
  /** The liver's HU, on average. */
  readonly liverHu: number;
  /** The aorta's; null where none was found, which then stays as it was. */
  readonly aortaHu: number | null;
}

/** A scan with synthetic lesions, and their labels. */
export interface SyntheticLesions {
  /** The scan with its lesions. */
  readonly volume: Volume;
  /** 0, or the type: 1 CYS, 2 ANG, 3 HCC, 4 MET. */
  readonly types: Mask;
  /** 0, or the id of the lesion. */
  readonly ids: Mask;
  /** By `id`. */
  readonly lesions: readonly SyntheticLesion[];
  /** The arterial scan of the same liver and lesions, where it was asked for. */
  readonly arterial?: SyntheticArterialScan;
  /** ms by stage. */
  readonly timings: Readonly<Record<string, number>>;
  /** `FEWER_LESIONS` where there was no room for all. */
  readonly warnings: readonly Warning[];
  /** Frees the volumes and both masks at once; their `data` have length 0 afterwards. */
  dispose(): void;
  /** `dispose()` at the end of its block, for `using`. */
  [Symbol.dispose](): void;
}
