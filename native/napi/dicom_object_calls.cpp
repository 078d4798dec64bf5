#include "napi/dicom_object_calls.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/lesion.h"
#include "core/pending_file.h"
#include "dicom/objects/findings.h"
#include "dicom/objects/read_labels.h"
#include "dicom/objects/secondary_capture.h"
#include "napi/arguments.h"
#include "napi/handles.h"
#include "napi/job.h"
#include "napi/results.h"
#include "napi/source_values.h"
#include "napi/typed_arrays.h"
#include "ops/bounding_box.h"

namespace hepatica::napi {

namespace {

LesionType lesion_type_argument(const std::string& code) {
  const auto found = std::ranges::find(kLesionCodes, code);
  if (found == kLesionCodes.end()) return LesionType::kUnknown;
  return lesion_type(static_cast<int>(std::distance(kLesionCodes.begin(), found)));
}

template <class Convert>
void for_each(const Napi::Value& value, Convert&& convert) {
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) convert(i, array.Get(i));
}

// Five integers a box: slice, first x and y, last x and y.
std::vector<FindingBox> boxes_argument(const Napi::Value& value) {
  std::vector<int64_t> numbers;
  for_each(value,
           [&](uint32_t, const Napi::Value& number) { numbers.push_back(number.As<Napi::Number>().Int64Value()); });
  std::vector<FindingBox> boxes;
  for (size_t i = 0; i + 5 <= numbers.size(); i += 5) {
    boxes.push_back({numbers[i], {numbers[i + 1], numbers[i + 2]}, {numbers[i + 3], numbers[i + 4]}});
  }
  return boxes;
}

LesionFinding lesion_argument(const Napi::Object& object) {
  LesionFinding lesion;
  lesion.id = int_argument(object, "id");
  lesion.type = lesion_type_argument(string_argument(object, "type"));
  for_each(object.Get("probabilities"), [&](uint32_t i, const Napi::Value& value) {
    if (i < lesion.probabilities.size()) lesion.probabilities[i] = value.As<Napi::Number>().DoubleValue();
  });
  lesion.detection_probability = number_argument(object, "detectionProbability");
  lesion.volume_ml = number_argument(object, "volumeMl");
  lesion.diameter_mm = number_argument(object, "diameterMm");
  lesion.perpendicular_mm = number_argument(object, "perpendicularMm");
  lesion.diameter_slice = int_argument(object, "diameterSlice");
  lesion.recist_measurable = flag_argument(object, "recistMeasurable");
  if (object.Get("surfaceDistanceMm").IsNumber()) {
    lesion.surface_distance_mm = number_argument(object, "surfaceDistanceMm");
  }
  lesion.place = string_argument(object, "place");
  lesion.mean_hu = number_argument(object, "meanHu");
  lesion.sd_hu = number_argument(object, "sdHu");
  lesion.boxes = boxes_argument(object.Get("boxes"));
  return lesion;
}

Findings findings_argument(const Napi::Object& object) {
  Findings findings;
  findings.source = source_argument(object.Get("source").As<Napi::Object>());
  findings.structure = string_argument(object, "structure");
  for_each(object.Get("lesions"), [&](uint32_t, const Napi::Value& lesion) {
    findings.lesions.push_back(lesion_argument(lesion.As<Napi::Object>()));
  });
  for_each(object.Get("networks"), [&](uint32_t, const Napi::Value& value) {
    const auto network = value.As<Napi::Object>();
    findings.networks.push_back({string_argument(network, "task"), string_argument(network, "kind"),
                                 string_argument(network, "version"), string_argument(network, "sha256")});
  });
  findings.doubts = strings_argument(object.Get("doubts"));
  findings.contrast = string_argument(object, "contrast");
  findings.software_version = string_argument(object, "softwareVersion");
  findings.date = string_argument(object, "date");
  findings.time = string_argument(object, "time");
  findings.deidentify = flag_argument(object, "deidentify");
  findings.identity = string_argument(object, "identity");
  return findings;
}

// { width, height, slices, rgb }; null where the object has no pictures.
SlicePictures pictures_argument(const Napi::Value& value) {
  SlicePictures pictures;
  if (!value.IsObject()) return pictures;
  const auto object = value.As<Napi::Object>();
  pictures.width = int_argument(object, "width");
  pictures.height = int_argument(object, "height");
  for_each(object.Get("slices"), [&](uint32_t, const Napi::Value& slice) {
    pictures.slices.push_back(slice.As<Napi::Number>().Int64Value());
  });
  const auto rgb = object.Get("rgb").As<Napi::Uint8Array>();
  pictures.rgb.assign(rgb.Data(), rgb.Data() + rgb.ElementLength());
  return pictures;
}

// src/io/dicom-objects.ts names no other kind.
EncodedObject make(const std::string& kind, Findings& findings, const SlicePictures& pictures, Run& run) {
  if (kind == "sr") {
    findings.structure_ml = volume_ml(*findings.structure_mask);
    return make_report(findings, run);
  }
  if (kind == "rtstruct") return make_structure_set(findings, run);
  if (kind == "sc") return make_secondary_capture(findings, pictures, run);
  return make_segmentation(findings, run);
}

Napi::Object object_value(Napi::Env env, const std::shared_ptr<EncodedObject>& made, bool in_file) {
  auto object = Napi::Object::New(env);
  object.Set("sopClassUid", made->sop_class_uid);
  object.Set("sopInstanceUid", made->sop_instance_uid);
  object.Set("seriesInstanceUid", made->series_instance_uid);
  object.Set("data", in_file ? env.Null() : typed_array(env, made->bytes, made));
  return object;
}

}  // namespace

Napi::Value make_dicom_object_call(const Napi::CallbackInfo& info) {
  const std::string kind = info[0].As<Napi::String>();
  const std::string path = info[1].As<Napi::String>();
  const auto object = info[2].As<Napi::Object>();
  auto findings = std::make_shared<Findings>(findings_argument(object));
  findings->structure_mask = held_byte_volume(info[3]);
  findings->lesion_mask = held_byte_volume(info[4]);
  const auto pictures = std::make_shared<SlicePictures>(pictures_argument(object.Get("pictures")));
  return start_job(
      info.Env(), info[5].As<Napi::Object>(), Turn::kFiles, [kind, path, findings, pictures](Run& run) -> Deliver {
        const auto made = std::make_shared<EncodedObject>(make(kind, *findings, *pictures, run));
        if (!path.empty()) {
          PendingFile file(path);
          file.write(made->bytes.data(), made->bytes.size());
          file.finish();
        }
        return
            [made, in_file = !path.empty()](Napi::Env env) -> Napi::Value { return object_value(env, made, in_file); };
      });
}

Napi::Value read_dicom_labels_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[4].As<Napi::Object>(), Turn::kFiles,
                   [file = file_argument(info[0]), source = source_argument(info[1].As<Napi::Object>()),
                    grid = geometry_argument(info[2].As<Napi::Object>()),
                    segments = strings_argument(info[3])](Run& run) -> Deliver {
                     LabelledMask read = read_dicom_labels(file, source, grid, segments, run);
                     const auto mask = std::make_shared<ByteVolume>(std::move(read.mask));
                     return [mask, names = std::move(read.names), &run](Napi::Env env) -> Napi::Value {
                       Napi::Object object = grid_value(env, mask, run);
                       object.Set("labels", strings_value(env, names));
                       return object;
                     };
                   });
}

}  // namespace hepatica::napi
