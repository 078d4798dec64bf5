// Where a volume came from, as the SourceIdentity of src/types.ts, both ways.
#pragma once

#include <napi.h>

#include "core/source_identity.h"

namespace hepatica::napi {

Napi::Object source_value(Napi::Env env, const SourceIdentity& source);

// src/dicom-objects has checked it.
SourceIdentity source_argument(const Napi::Object& object);

}  // namespace hepatica::napi
