#include <memory>
#include <string>
#include <utility>

#include "dicom/read_series.h"
#include "dicom/write_ct_series.h"
#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/handles.h"
#include "napi/intake.h"
#include "napi/job.h"
#include "napi/results.h"
#include "napi/series_values.h"
#include "nifti/nifti.h"

namespace hepatica::napi {

namespace {

// Null: the default.
VolumeLimit volume_limit(const Napi::Value& value) {
  return value.IsNumber() ? VolumeLimit(value.As<Napi::Number>().Int64Value()) : VolumeLimit();
}

ReadSeriesOptions read_options(const Napi::Object& object) {
  ReadSeriesOptions options;
  if (object.Has("series")) options.series = string_argument(object, "series");
  if (object.Has("phase")) options.phase = int_argument(object, "phase");
  options.interpolate_gaps = string_argument(object, "gaps") == "interpolate";
  if (flag_argument(object, "raw")) options.values = PixelValues::kRaw;
  options.limit = volume_limit(object.Get("maxVoxels"));
  return options;
}

CtSeriesAttributes series_attributes(const Napi::Object& object, const Napi::Object& options) {
  CtSeriesAttributes attributes;
  attributes.lossy = flag_argument(options, "lossy");
  const std::pair<const char*, std::string CtSeriesAttributes::*> texts[] = {
      {"patientId", &CtSeriesAttributes::patient_id},
      {"patientName", &CtSeriesAttributes::patient_name},
      {"studyDescription", &CtSeriesAttributes::study_description},
      {"seriesDescription", &CtSeriesAttributes::series_description},
      {"contrastAgent", &CtSeriesAttributes::contrast_agent},
      {"studyInstanceUid", &CtSeriesAttributes::study_instance_uid},
      {"seriesInstanceUid", &CtSeriesAttributes::series_instance_uid},
      {"frameOfReferenceUid", &CtSeriesAttributes::frame_of_reference_uid},
      {"studyDate", &CtSeriesAttributes::study_date},
      {"studyTime", &CtSeriesAttributes::study_time},
      {"derivation", &CtSeriesAttributes::derivation},
  };
  for (const auto& [name, member] : texts) {
    if (object.Has(name)) attributes.*member = string_argument(object, name);
  }
  return attributes;
}

NiftiGrid grid_argument(const Napi::Value& options) {
  const bool source = string_argument(options.As<Napi::Object>(), "grid") == "source";
  return source ? NiftiGrid::kSource : NiftiGrid::kOrthonormal;
}

template <class Grid>
Napi::Value write_grid(const Napi::CallbackInfo& info, const std::shared_ptr<const Grid>& voxels) {
  const auto options = info[2].As<Napi::Object>();
  const bool to_file = info[0].IsString();
  const NiftiTarget target = to_file ? NiftiTarget{info[0].As<Napi::String>(), nullptr, false}
                                     : NiftiTarget{"", std::make_shared<FileBytes>(), flag_argument(options, "gzip")};
  return start_job(info.Env(), info[3].As<Napi::Object>(), Turn::kFiles,
                   [target, voxels, grid = grid_argument(options)](Run& run) -> Deliver {
                     write_nifti(target, *voxels, grid, run);
                     return [target, &run](Napi::Env env) -> Napi::Value {
                       auto object = Napi::Object::New(env);
                       object.Set("warnings", warnings_value(env, run.warnings()));
                       object.Set("bytes", target.memory ? Napi::Value(make_handle(env, target.memory)) : env.Null());
                       return object;
                     };
                   });
}

Napi::Value written_series_value(Napi::Env env, const WrittenSeries& written, const Run& run) {
  auto object = Napi::Object::New(env);
  object.Set("files", strings_value(env, written.files));
  object.Set("studyInstanceUid", written.study_instance_uid);
  object.Set("seriesInstanceUid", written.series_instance_uid);
  object.Set("frameOfReferenceUid", written.frame_of_reference_uid);
  object.Set("warnings", warnings_value(env, run.warnings()));
  return object;
}

}  // namespace

Napi::Value read_series_call(const Napi::CallbackInfo& info) {
  return start_job(
      info.Env(), info[2].As<Napi::Object>(), Turn::kFiles,
      [intake = held_intake(info[0]), options = read_options(info[1].As<Napi::Object>())](Run& run) -> Deliver {
        auto series = std::make_shared<SeriesVolume>(read_series(*intake, options, run));
        const auto volume = std::make_shared<Volume>(std::move(series->volume));
        return [series, volume, &run](Napi::Env env) -> Napi::Value {
          Napi::Object object = grid_value(env, volume, run);
          object.Set("series", report_value(env, series->report));
          return object;
        };
      });
}

Napi::Value list_series_call(const Napi::CallbackInfo& info) {
  return start_job(
      info.Env(), info[1].As<Napi::Object>(), Turn::kFiles, [intake = held_intake(info[0])](Run& run) -> Deliver {
        return [found = list_series(*intake, run), &run](Napi::Env env) -> Napi::Value {
          auto object = Napi::Object::New(env);
          object.Set("series",
                     array_value(env, found, [&](const SeriesSummary& one) { return summary_value(env, one); }));
          object.Set("warnings", warnings_value(env, run.warnings()));
          return object;
        };
      });
}

Napi::Value read_volume_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[2].As<Napi::Object>(), Turn::kFiles,
                   [file = file_argument(info[0]), limit = volume_limit(info[1])](Run& run) -> Deliver {
                     const auto volume = std::make_shared<Volume>(read_nifti_volume(file, run, limit));
                     return [volume, &run](Napi::Env env) -> Napi::Value { return grid_value(env, volume, run); };
                   });
}

Napi::Value read_mask_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[2].As<Napi::Object>(), Turn::kFiles,
                   [file = file_argument(info[0]), limit = volume_limit(info[1])](Run& run) -> Deliver {
                     const auto mask = std::make_shared<ByteVolume>(read_nifti_mask(file, run, limit));
                     return [mask, &run](Napi::Env env) -> Napi::Value { return grid_value(env, mask, run); };
                   });
}

Napi::Value write_volume_call(const Napi::CallbackInfo& info) { return write_grid(info, held_volume(info[1])); }

Napi::Value write_mask_call(const Napi::CallbackInfo& info) { return write_grid(info, held_byte_volume(info[1])); }

Napi::Value write_ct_series_call(const Napi::CallbackInfo& info) {
  const std::string folder = info[0].As<Napi::String>();
  return start_job(
      info.Env(), info[4].As<Napi::Object>(), Turn::kFiles,
      [folder, volume = held_volume(info[1]),
       attributes = series_attributes(info[2].As<Napi::Object>(), info[3].As<Napi::Object>())](Run& run) -> Deliver {
        return [written = write_ct_series(*volume, folder, attributes, run), &run](Napi::Env env) -> Napi::Value {
          return written_series_value(env, written, run);
        };
      });
}

}  // namespace hepatica::napi
