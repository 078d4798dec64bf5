#include "napi/source_values.h"

#include <cstdint>
#include <string>
#include <vector>

#include "napi/arguments.h"
#include "napi/results.h"

namespace hepatica::napi {

namespace {

struct Text {
  const char* name;
  std::string SourceIdentity::*member;
};

constexpr Text kTexts[] = {
    {"patientId", &SourceIdentity::patient_id},
    {"patientName", &SourceIdentity::patient_name},
    {"patientBirthDate", &SourceIdentity::patient_birth_date},
    {"patientSex", &SourceIdentity::patient_sex},
    {"studyInstanceUid", &SourceIdentity::study_instance_uid},
    {"studyDate", &SourceIdentity::study_date},
    {"studyTime", &SourceIdentity::study_time},
    {"studyId", &SourceIdentity::study_id},
    {"studyDescription", &SourceIdentity::study_description},
    {"accessionNumber", &SourceIdentity::accession_number},
    {"referringPhysician", &SourceIdentity::referring_physician},
    {"seriesInstanceUid", &SourceIdentity::series_instance_uid},
    {"seriesNumber", &SourceIdentity::series_number},
    {"bodyPart", &SourceIdentity::body_part},
    {"laterality", &SourceIdentity::laterality},
    {"frameOfReferenceUid", &SourceIdentity::frame_of_reference_uid},
    {"positionReference", &SourceIdentity::position_reference},
    {"lossyRatio", &SourceIdentity::lossy_ratio},
    {"lossyMethod", &SourceIdentity::lossy_method},
};

Napi::Object instance_value(Napi::Env env, const SourceInstance& instance) {
  auto object = Napi::Object::New(env);
  object.Set("sopClassUid", instance.sop_class_uid);
  object.Set("sopInstanceUid", instance.sop_instance_uid);
  object.Set("frame", number_or_null(env, instance.frame));
  return object;
}

}  // namespace

Napi::Object source_value(Napi::Env env, const SourceIdentity& source) {
  auto object = Napi::Object::New(env);
  for (const Text& text : kTexts) object.Set(text.name, source.*text.member);
  object.Set("lossy", source.lossy);
  object.Set("instances", array_value(env, source.instances,
                                      [&](const SourceInstance& instance) { return instance_value(env, instance); }));
  object.Set("slices",
             array_value(env, source.slices, [&](const std::vector<int>& slice) { return numbers_value(env, slice); }));
  return object;
}

SourceIdentity source_argument(const Napi::Object& object) {
  SourceIdentity source;
  for (const Text& text : kTexts) source.*text.member = string_argument(object, text.name);
  source.lossy = flag_argument(object, "lossy");
  const auto instances = object.Get("instances").As<Napi::Array>();
  for (uint32_t i = 0; i < instances.Length(); ++i) {
    const auto instance = instances.Get(i).As<Napi::Object>();
    source.instances.push_back(
        {string_argument(instance, "sopClassUid"), string_argument(instance, "sopInstanceUid"), std::nullopt});
    if (instance.Get("frame").IsNumber()) source.instances.back().frame = int_argument(instance, "frame");
  }
  const auto slices = object.Get("slices").As<Napi::Array>();
  for (uint32_t z = 0; z < slices.Length(); ++z) {
    const auto slice = slices.Get(z).As<Napi::Array>();
    std::vector<int>& indices = source.slices.emplace_back();
    for (uint32_t i = 0; i < slice.Length(); ++i) indices.push_back(slice.Get(i).As<Napi::Number>().Int32Value());
  }
  return source;
}

}  // namespace hepatica::napi
