// What src/native/load.ts sees; the calls themselves are in native/napi.
#include "napi/calls.h"
#include "napi/dicom_object_calls.h"
#include "napi/environment.h"
#include "napi/errors.h"

namespace {

using namespace hepatica::napi;

template <Napi::Value (*call)(const Napi::CallbackInfo&)>
void add(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New(exports.Env(), checked<call>, name));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  Environment::set_up(env);
  add<make_bytes_call>(exports, "makeBytes");
  add<open_intake_call>(exports, "openIntake");
  add<fill_intake_call>(exports, "fillIntake");
  add<close_intake_call>(exports, "closeIntake");
  add<read_series_call>(exports, "readSeries");
  add<list_series_call>(exports, "listSeries");
  add<read_volume_call>(exports, "readVolume");
  add<read_mask_call>(exports, "readMask");
  add<write_volume_call>(exports, "writeVolume");
  add<write_mask_call>(exports, "writeMask");
  add<write_ct_series_call>(exports, "writeCtSeries");
  add<make_dicom_object_call>(exports, "makeDicomObject");
  add<read_dicom_labels_call>(exports, "readDicomLabels");
  add<make_volume_call>(exports, "makeVolume");
  add<make_mask_call>(exports, "makeMask");
  add<preprocess_call>(exports, "preprocess");
  add<evaluate_call>(exports, "evaluateSegmentation");
  add<overlap_figures_call>(exports, "overlapFigures");
  add<evaluate_lesions_call>(exports, "evaluateLesions");
  add<compare_studies_call>(exports, "compareStudies");
  add<load_model_call>(exports, "loadModel");
  add<save_model_call>(exports, "saveModel");
  add<preload_model_call>(exports, "preloadModel");
  add<segment_structure_call>(exports, "segmentStructure");
  add<segment_structures_call>(exports, "segmentStructures");
  add<inspect_network_call>(exports, "inspectNetwork");
  add<classify_lesions_call>(exports, "classifyLesions");
  add<trace_perimeters_call>(exports, "tracePerimeters");
  add<fill_polygons_call>(exports, "fillPolygons");
  add<check_segmenter_training_call>(exports, "checkSegmenterTraining");
  add<check_structures_training_call>(exports, "checkStructuresTraining");
  add<check_lesion_training_call>(exports, "checkLesionTraining");
  add<train_segmenter_call>(exports, "trainSegmenter");
  add<train_structures_call>(exports, "trainStructures");
  add<synthesize_lesions_call>(exports, "synthesizeLesions");
  add<train_lesion_classifier_call>(exports, "trainLesionClassifier");
  add<device_info_call>(exports, "deviceInfo");
  add<set_concurrency_call>(exports, "setConcurrency");
  add<stop_jobs_call>(exports, "stopJobs");
  add<error_table_call>(exports, "errorTable");
  return exports;
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)
