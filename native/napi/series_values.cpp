#include "napi/series_values.h"

#include "napi/results.h"
#include "napi/source_values.h"

namespace hepatica::napi {

namespace {

Napi::Object slice_value(Napi::Env env, const SliceSource& slice) {
  auto object = Napi::Object::New(env);
  object.Set("file", slice.file);
  object.Set("sopInstanceUid", slice.sop_instance_uid);
  object.Set("frame", number_or_null(env, slice.frame));
  return object;
}

Napi::Object interpolated_value(Napi::Env env, const InterpolatedSlice& slice) {
  auto object = Napi::Object::New(env);
  object.Set("index", static_cast<double>(slice.index));
  object.Set("positionMm", slice.position_mm);
  return object;
}

Napi::Object excluded_value(Napi::Env env, const ExcludedFile& excluded) {
  auto object = Napi::Object::New(env);
  object.Set("file", excluded.file);
  object.Set("code", excluded.code);
  object.Set("reason", excluded.reason);
  return object;
}

Napi::Value problem_value(Napi::Env env, const std::optional<Warning>& problem) {
  return problem ? Napi::Value(warning_value(env, *problem)) : env.Null();
}

Napi::Object phase_value(Napi::Env env, const SeriesPhase& phase) {
  auto object = Napi::Object::New(env);
  object.Set("phase", phase.phase);
  object.Set("label", phase.label);
  object.Set("slices", static_cast<double>(phase.slices));
  object.Set("problem", problem_value(env, phase.problem));
  return object;
}

template <class Item>
Napi::Array list(Napi::Env env, const std::vector<Item>& items, Napi::Object (*convert)(Napi::Env, const Item&)) {
  return array_value(env, items, [&](const Item& item) { return convert(env, item); });
}

}  // namespace

Napi::Object report_value(Napi::Env env, const SeriesReport& report) {
  auto object = Napi::Object::New(env);
  object.Set("patientId", report.patient_id);
  object.Set("studyInstanceUid", report.study_instance_uid);
  object.Set("seriesInstanceUid", report.series_instance_uid);
  object.Set("frameOfReferenceUid", report.frame_of_reference_uid);
  object.Set("seriesDescription", report.series_description);
  object.Set("manufacturer", report.manufacturer);
  object.Set("transferSyntaxes", strings_value(env, report.transfer_syntaxes));
  object.Set("lossy", report.lossy);
  object.Set("sliceThicknessMm", number_or_null(env, report.slice_thickness_mm));
  object.Set("gantryTilt", report.gantry_tilt);
  object.Set("reformatted", report.reformatted.empty() ? env.Null() : Napi::Value::From(env, report.reformatted));
  object.Set("contrastAgent", report.contrast_agent);
  object.Set("source", source_value(env, report.source));
  object.Set("slices", list(env, report.slices, slice_value));
  object.Set("interpolated", list(env, report.interpolated, interpolated_value));
  object.Set("excluded", list(env, report.excluded, excluded_value));
  object.Set("repairs", warnings_value(env, report.repairs));
  return object;
}

Napi::Object summary_value(Napi::Env env, const SeriesSummary& summary) {
  auto object = Napi::Object::New(env);
  object.Set("seriesInstanceUid", summary.series_instance_uid);
  object.Set("studyInstanceUid", summary.study_instance_uid);
  object.Set("patientId", summary.patient_id);
  object.Set("modality", summary.modality);
  object.Set("description", summary.description);
  object.Set("files", static_cast<double>(summary.files));
  object.Set("phases", list(env, summary.phases, phase_value));
  object.Set("problem", problem_value(env, summary.problem));
  return object;
}

}  // namespace hepatica::napi
