/** What writing DICOM objects takes and gives. */
import type { ClassifiedLiver, LesionClassification, Mask, MaskInput, SourceIdentity, Warning } from '../types.js';

/** A mask with where its grid came from: `report.source` of the volume that it lies on. */
export interface SourcedMask extends MaskInput {
  /** Of the volume, from `report.source`. */
  readonly source: SourceIdentity;
}

/** What DICOM objects are made of: a result on a volume that came from DICOM, or a mask on such a volume's grid. */
export type DicomFindings = ClassifiedLiver | LesionClassification | SourcedMask;

/** What identifies a DICOM object. Its UIDs follow from all that it is made of: the same input gives the same ones. */
export interface DicomObjectIdentity {
  /** What kind of object it is. */
  readonly sopClassUid: string;
  /** Of the object. */
  readonly sopInstanceUid: string;
  /** Of the new series that it lies in. */
  readonly seriesInstanceUid: string;
  /** Of making it. */
  readonly warnings: readonly Warning[];
}

/** A DICOM object in a file. */
export interface WrittenDicomObject extends DicomObjectIdentity {
  /** Its path. */
  readonly file: string;
}

/** A DICOM object as it would stand in a file (PS3.10), for STOW-RS. */
export interface DicomObject extends DicomObjectIdentity {
  /** The bytes of the file. */
  readonly data: Buffer;
}

/** A mask that was read from a DICOM Segmentation or RT Structure Set. */
export interface LabelMask extends Mask {
  /** Of the volume. */
  readonly source: SourceIdentity;
  /** Names of the values 1, 2, … or, where segments were chosen, of those that the mask is made of. */
  readonly labels: readonly string[];
}
