// Written by scripts/error-codes.mjs from native/core/error_codes.def; change that.

/** The kinds of errors: the class of each, and what the command line exits with. */
export const kErrorKinds = {
  /** An argument or option is wrong. */
  argument: { className: 'InvalidArgumentError', exitCode: 2 },
  /** A file or folder is not usable as what it should be. */
  input: { className: 'InputFileError', exitCode: 3 },
  /** Weights cannot be used. */
  model: { className: 'ModelError', exitCode: 4 },
  /** A result cannot be written. */
  output: { className: 'OutputError', exitCode: 5 },
  /** The device cannot be used as asked for. */
  device: { className: 'DeviceError', exitCode: 6 },
  /** Published weights cannot be fetched. */
  download: { className: 'DownloadError', exitCode: 7 },
  /** A training ended without a usable network. */
  training: { className: 'TrainingError', exitCode: 9 },
  /** A native part of the installation cannot be loaded. */
  load: { className: 'NativeLoadError', exitCode: 1 },
  /** The call was stopped from outside before its end. */
  cancelled: { className: 'CancelledError', exitCode: 130 },
  /** Neither the caller's arguments nor files are at fault. */
  general: { className: 'HepaticaError', exitCode: 1 },
} as const;

/** What an error is about: its class follows from it. */
export type ErrorKind = keyof typeof kErrorKinds;

/** Every error code, with its kind. */
export const kErrorCodes = {
  /** The result or model was disposed of before the call. */
  DISPOSED: 'argument',
  /** A mask or volume lies on another grid than the one it is used with. */
  GEOMETRY_MISMATCH: 'argument',
  /** An argument or option has a value that the call does not take. */
  INVALID_ARGUMENT: 'argument',
  /** The arterial scan shows too little of the liver. */
  LIVER_NOT_COVERED: 'argument',
  /** The result is not of a DICOM series, which an object made of it has to refer to. */
  NO_DICOM_SOURCE: 'argument',
  /** A patient is both in training and in validation. */
  PATIENT_LEAK: 'argument',
  /** Two scans that have to be of one patient name two. */
  PATIENT_MISMATCH: 'argument',
  /** The livers of two scans do not meet, so that no lesion can be found again in the other. */
  REGISTRATION_FAILED: 'argument',
  /** The mask is of another structure than the one that is asked for. */
  WRONG_STRUCTURE: 'argument',
  /** A series holds several phases, and none was chosen. */
  AMBIGUOUS_PHASE: 'input',
  /** A folder holds several series, and none was chosen. */
  AMBIGUOUS_SERIES: 'input',
  /** The checkpoint belongs to another run. */
  CHECKPOINT_MISMATCH: 'input',
  /** The image has colours, not HU. */
  COLOR_IMAGE: 'input',
  /** The checkpoint is damaged. */
  CORRUPT_CHECKPOINT: 'input',
  /** The dataset file is damaged or says what it must not. */
  CORRUPT_DATASET: 'input',
  /** The file is damaged. */
  CORRUPT_FILE: 'input',
  /** The polygons of a label file are damaged. */
  CORRUPT_LABEL: 'input',
  /** The pixels are no HU of the scan. */
  DERIVED_IMAGE: 'input',
  /** Several different slices lie at one position. */
  DUPLICATE_POSITION: 'input',
  /** No case was found, or none is left to learn from. */
  EMPTY_DATASET: 'input',
  /** The folder holds no files. */
  EMPTY_FOLDER: 'input',
  /** The label marks no voxel. */
  EMPTY_LABEL: 'input',
  /** The mask marks no voxel. */
  EMPTY_MASK: 'input',
  /** The zip archive is encrypted. */
  ENCRYPTED_ARCHIVE: 'input',
  /** The file or folder does not exist. */
  FILE_NOT_FOUND: 'input',
  /** The result was interrupted while it was written, and is not finished yet. */
  INCOMPLETE_RESULT: 'input',
  /** A patient's folder of a dataset lacks its image or its label. */
  INCOMPLETE_CASE: 'input',
  /** What is given in memory, or unpacked, is more than the call may take. */
  INPUT_TOO_LARGE: 'input',
  /** A field of the file, or a point of a contour, has an impossible value. */
  INVALID_VALUE: 'input',
  /** The slices do not lie at equal distances. */
  IRREGULAR_SPACING: 'input',
  /** The file of a mask or label lies on another grid than its scan. */
  LABEL_GEOMETRY_MISMATCH: 'input',
  /** The labels refer to another series than the scan that they are used with. */
  LABEL_OF_OTHER_SERIES: 'input',
  /** The file does not say where its voxels lie. */
  MISSING_GEOMETRY: 'input',
  /** The file does not say how its values become HU. */
  MISSING_RESCALE: 'input',
  /** A slice of the series is missing. */
  MISSING_SLICE: 'input',
  /** The slices lie in several frames of reference. */
  MIXED_FRAME_OF_REFERENCE: 'input',
  /** The folder holds several patients. */
  MULTIPLE_PATIENTS: 'input',
  /** The folder holds several studies. */
  MULTIPLE_STUDIES: 'input',
  /** The file of options is no JSON. */
  NOT_A_CONFIG: 'input',
  /** The file is no history of a training. */
  NOT_A_HISTORY: 'input',
  /** The folder is none that hepatica wrote such a result to. */
  NOT_A_RESULT: 'input',
  /** The file is no DICOM. */
  NOT_DICOM: 'input',
  /** The file is no NIfTI. */
  NOT_NIFTI: 'input',
  /** The folder holds no DICOM image that can be used. */
  NO_DICOM: 'input',
  /** The series has no phase of that number. */
  PHASE_NOT_FOUND: 'input',
  /** The image is a screenshot or page, no scan. */
  SECONDARY_CAPTURE: 'input',
  /** The labels have no segment of that number, label or code. */
  SEGMENT_NOT_FOUND: 'input',
  /** The folder has no series of that UID. */
  SERIES_NOT_FOUND: 'input',
  /** The folder holds more files than a study has. */
  TOO_MANY_FILES: 'input',
  /** The file or folder exists and may not, or cannot, be read. */
  UNREADABLE_FILE: 'input',
  /** The zip archive leads out of itself, or is made to fill the memory. */
  UNSAFE_ARCHIVE: 'input',
  /** The file is of a variant that hepatica does not read. */
  UNSUPPORTED_FORMAT: 'input',
  /** The voxels do not lie on a grid that hepatica computes on. */
  UNSUPPORTED_GEOMETRY: 'input',
  /** The slices are not axial enough for the network. */
  UNSUPPORTED_ORIENTATION: 'input',
  /** The pixels are stored in a form that CT does not have. */
  UNSUPPORTED_PIXEL_FORMAT: 'input',
  /** The pixels are compressed in a way that hepatica does not read. */
  UNSUPPORTED_TRANSFER_SYNTAX: 'input',
  /** The volume has more voxels than hepatica takes. */
  VOLUME_TOO_LARGE: 'input',
  /** The image is no CT. */
  WRONG_MODALITY: 'input',
  /** The weights file is damaged. */
  CORRUPT_WEIGHTS: 'model',
  /** The lesion network tells types from the portal venous scan alone. */
  NO_ARTERIAL_READOUT: 'model',
  /** The file holds no safetensors weights. */
  NOT_SAFETENSORS: 'model',
  /** The file is of torch's old format. */
  OLD_TORCH_FORMAT: 'model',
  /** The checkpoint of torch would run code. */
  UNSAFE_PICKLE: 'model',
  /** The package with the weights is not installed. */
  WEIGHTS_NOT_FOUND: 'model',
  /** The weights are of another network, or do not fit what they say of themselves. */
  WRONG_MODEL: 'model',
  /** The file or folder exists already and is not hepatica's to replace. */
  OUTPUT_EXISTS: 'output',
  /** What would be written, replaced or removed is, holds or lies in an input. */
  OUTPUT_IS_INPUT: 'output',
  /** The file or folder cannot be written. */
  OUTPUT_UNWRITABLE: 'output',
  /** The GPU failed. */
  CUDA_FAILED: 'device',
  /** The memory of the GPU does not suffice for the call. */
  CUDA_OUT_OF_MEMORY: 'device',
  /** No GPU answers that can be used. */
  NO_CUDA_DEVICE: 'device',
  /** The device does not compute in this precision. */
  UNSUPPORTED_PRECISION: 'device',
  /** The server did not send the file. */
  DOWNLOAD_FAILED: 'download',
  /** The server sent another file than the one that was published. */
  WRONG_HASH: 'download',
  /** Another process of the training ended, failed or stands still. */
  PROCESS_LOST: 'training',
  /** The processes of a training did not find each other. */
  RENDEZVOUS_FAILED: 'training',
  /** The loss or the scores became no numbers. */
  TRAINING_DIVERGED: 'training',
  /** The native add-on is there and does not load. */
  ADDON_LOAD_FAILED: 'load',
  /** The native add-on is not installed. */
  ADDON_NOT_FOUND: 'load',
  /** The library that draws pictures is not installed. */
  CANVAS_NOT_FOUND: 'load',
  /** The libtorch of the GPU package does not fit. */
  GPU_LIBTORCH_UNUSABLE: 'load',
  /** The folder that the program runs in was removed. */
  NO_WORKING_DIRECTORY: 'load',
  /** Another libtorch is already loaded in this process. */
  LIBTORCH_CONFLICT: 'load',
  /** libtorch is not installed. */
  LIBTORCH_NOT_FOUND: 'load',
  /** libtorch is of another version than hepatica was built for. */
  LIBTORCH_VERSION: 'load',
  /** hepatica does not run on this system. */
  UNSUPPORTED_PLATFORM: 'load',
  /** Ctrl-C or a signal stopped the command. */
  ABORTED: 'cancelled',
  /** The environment of the call went away. */
  CANCELLED: 'cancelled',
  /** A fault of hepatica. */
  INTERNAL_ERROR: 'general',
  /** The system starts no more threads for the process. */
  OUT_OF_THREADS: 'general',
  /** The memory does not suffice for the call. */
  OUT_OF_MEMORY: 'general',
} as const satisfies Record<string, ErrorKind>;

type Codes = typeof kErrorCodes;

/** The code of an error, of one kind or of any. */
export type ErrorCode<Kind extends ErrorKind = ErrorKind> = {
  [Code in keyof Codes]: Codes[Code] extends Kind ? Code : never;
}[keyof Codes];

/** What each code means, in words that hold nothing of a file or an argument. */
export const kErrorMeanings: Readonly<Record<ErrorCode, string>> = {
  DISPOSED: 'The result or model was disposed of before the call',
  GEOMETRY_MISMATCH: 'A mask or volume lies on another grid than the one it is used with',
  INVALID_ARGUMENT: 'An argument or option has a value that the call does not take',
  LIVER_NOT_COVERED: 'The arterial scan shows too little of the liver',
  NO_DICOM_SOURCE: 'The result is not of a DICOM series, which an object made of it has to refer to',
  PATIENT_LEAK: 'A patient is both in training and in validation',
  PATIENT_MISMATCH: 'Two scans that have to be of one patient name two',
  REGISTRATION_FAILED: 'The livers of two scans do not meet, so that no lesion can be found again in the other',
  WRONG_STRUCTURE: 'The mask is of another structure than the one that is asked for',
  AMBIGUOUS_PHASE: 'A series holds several phases, and none was chosen',
  AMBIGUOUS_SERIES: 'A folder holds several series, and none was chosen',
  CHECKPOINT_MISMATCH: 'The checkpoint belongs to another run',
  COLOR_IMAGE: 'The image has colours, not HU',
  CORRUPT_CHECKPOINT: 'The checkpoint is damaged',
  CORRUPT_DATASET: 'The dataset file is damaged or says what it must not',
  CORRUPT_FILE: 'The file is damaged',
  CORRUPT_LABEL: 'The polygons of a label file are damaged',
  DERIVED_IMAGE: 'The pixels are no HU of the scan',
  DUPLICATE_POSITION: 'Several different slices lie at one position',
  EMPTY_DATASET: 'No case was found, or none is left to learn from',
  EMPTY_FOLDER: 'The folder holds no files',
  EMPTY_LABEL: 'The label marks no voxel',
  EMPTY_MASK: 'The mask marks no voxel',
  ENCRYPTED_ARCHIVE: 'The zip archive is encrypted',
  FILE_NOT_FOUND: 'The file or folder does not exist',
  INCOMPLETE_RESULT: 'The result was interrupted while it was written, and is not finished yet',
  INCOMPLETE_CASE: "A patient's folder of a dataset lacks its image or its label",
  INPUT_TOO_LARGE: 'What is given in memory, or unpacked, is more than the call may take',
  INVALID_VALUE: 'A field of the file, or a point of a contour, has an impossible value',
  IRREGULAR_SPACING: 'The slices do not lie at equal distances',
  LABEL_GEOMETRY_MISMATCH: 'The file of a mask or label lies on another grid than its scan',
  LABEL_OF_OTHER_SERIES: 'The labels refer to another series than the scan that they are used with',
  MISSING_GEOMETRY: 'The file does not say where its voxels lie',
  MISSING_RESCALE: 'The file does not say how its values become HU',
  MISSING_SLICE: 'A slice of the series is missing',
  MIXED_FRAME_OF_REFERENCE: 'The slices lie in several frames of reference',
  MULTIPLE_PATIENTS: 'The folder holds several patients',
  MULTIPLE_STUDIES: 'The folder holds several studies',
  NOT_A_CONFIG: 'The file of options is no JSON',
  NOT_A_HISTORY: 'The file is no history of a training',
  NOT_A_RESULT: 'The folder is none that hepatica wrote such a result to',
  NOT_DICOM: 'The file is no DICOM',
  NOT_NIFTI: 'The file is no NIfTI',
  NO_DICOM: 'The folder holds no DICOM image that can be used',
  PHASE_NOT_FOUND: 'The series has no phase of that number',
  SECONDARY_CAPTURE: 'The image is a screenshot or page, no scan',
  SEGMENT_NOT_FOUND: 'The labels have no segment of that number, label or code',
  SERIES_NOT_FOUND: 'The folder has no series of that UID',
  TOO_MANY_FILES: 'The folder holds more files than a study has',
  UNREADABLE_FILE: 'The file or folder exists and may not, or cannot, be read',
  UNSAFE_ARCHIVE: 'The zip archive leads out of itself, or is made to fill the memory',
  UNSUPPORTED_FORMAT: 'The file is of a variant that hepatica does not read',
  UNSUPPORTED_GEOMETRY: 'The voxels do not lie on a grid that hepatica computes on',
  UNSUPPORTED_ORIENTATION: 'The slices are not axial enough for the network',
  UNSUPPORTED_PIXEL_FORMAT: 'The pixels are stored in a form that CT does not have',
  UNSUPPORTED_TRANSFER_SYNTAX: 'The pixels are compressed in a way that hepatica does not read',
  VOLUME_TOO_LARGE: 'The volume has more voxels than hepatica takes',
  WRONG_MODALITY: 'The image is no CT',
  CORRUPT_WEIGHTS: 'The weights file is damaged',
  NO_ARTERIAL_READOUT: 'The lesion network tells types from the portal venous scan alone',
  NOT_SAFETENSORS: 'The file holds no safetensors weights',
  OLD_TORCH_FORMAT: "The file is of torch's old format",
  UNSAFE_PICKLE: 'The checkpoint of torch would run code',
  WEIGHTS_NOT_FOUND: 'The package with the weights is not installed',
  WRONG_MODEL: 'The weights are of another network, or do not fit what they say of themselves',
  OUTPUT_EXISTS: "The file or folder exists already and is not hepatica's to replace",
  OUTPUT_IS_INPUT: 'What would be written, replaced or removed is, holds or lies in an input',
  OUTPUT_UNWRITABLE: 'The file or folder cannot be written',
  CUDA_FAILED: 'The GPU failed',
  CUDA_OUT_OF_MEMORY: 'The memory of the GPU does not suffice for the call',
  NO_CUDA_DEVICE: 'No GPU answers that can be used',
  UNSUPPORTED_PRECISION: 'The device does not compute in this precision',
  DOWNLOAD_FAILED: 'The server did not send the file',
  WRONG_HASH: 'The server sent another file than the one that was published',
  PROCESS_LOST: 'Another process of the training ended, failed or stands still',
  RENDEZVOUS_FAILED: 'The processes of a training did not find each other',
  TRAINING_DIVERGED: 'The loss or the scores became no numbers',
  ADDON_LOAD_FAILED: 'The native add-on is there and does not load',
  ADDON_NOT_FOUND: 'The native add-on is not installed',
  CANVAS_NOT_FOUND: 'The library that draws pictures is not installed',
  GPU_LIBTORCH_UNUSABLE: 'The libtorch of the GPU package does not fit',
  NO_WORKING_DIRECTORY: 'The folder that the program runs in was removed',
  LIBTORCH_CONFLICT: 'Another libtorch is already loaded in this process',
  LIBTORCH_NOT_FOUND: 'libtorch is not installed',
  LIBTORCH_VERSION: 'libtorch is of another version than hepatica was built for',
  UNSUPPORTED_PLATFORM: 'hepatica does not run on this system',
  ABORTED: 'Ctrl-C or a signal stopped the command',
  CANCELLED: 'The environment of the call went away',
  INTERNAL_ERROR: 'A fault of hepatica',
  OUT_OF_THREADS: 'The system starts no more threads for the process',
  OUT_OF_MEMORY: 'The memory does not suffice for the call',
};
