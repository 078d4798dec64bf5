// The calls that make DICOM objects of what was found, and read labels from such objects.
#pragma once

#include <napi.h>

namespace hepatica::napi {

// makeDicomObject(kind, path, findings, structureMask, lesionMask | null, control) -> { sopClassUid, sopInstanceUid,
// seriesInstanceUid, data }; `kind` is a DicomObjectKind of src/dicom-objects; `data` is a Buffer, or null where `path`
// is not empty: the object is in that file then
Napi::Value make_dicom_object_call(const Napi::CallbackInfo& info);

// readDicomLabels(path, source, geometry, segments, control) -> { geometry, report, handle, labels }
Napi::Value read_dicom_labels_call(const Napi::CallbackInfo& info);

}  // namespace hepatica::napi
