// What reading found, as the SeriesReport and SeriesSummary of src/types.ts.
#pragma once

#include <napi.h>

#include "dicom/report.h"

namespace hepatica::napi {

Napi::Object report_value(Napi::Env env, const SeriesReport& report);
Napi::Object summary_value(Napi::Env env, const SeriesSummary& summary);

}  // namespace hepatica::napi
