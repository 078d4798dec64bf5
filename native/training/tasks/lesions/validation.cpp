#include "training/tasks/lesions/validation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <vector>

#include "ops/lesion_matching.h"
#include "ops/metrics.h"

#include "training/loop/patient_shares.h"
#include "training/tasks/lesions/loss.h"

namespace hepatica {
namespace {

constexpr int64_t kSlicesAtOnce = 8;

struct Totals {
  Overlap overlap;
  LesionDetection detection;
  int64_t scans = 0;

  Totals& operator+=(const Totals& other) {
    overlap += other.overlap;
    detection += other.detection;
    scans += other.scans;
    return *this;
  }
};

struct PixelTotals {
  double loss = 0;
  double right = 0;
  double pixels = 0;
};

struct ClassTotals {
  int64_t right = 0;
  int64_t lesions = 0;
};

struct Maps {
  Mask found;                                 // 1 where lesions are found, inside the liver
  std::array<std::vector<float>, 4> classes;  // probability by channel, of the pixels
};

LesionBatch targets_of(const LesionScan& scan, int64_t begin, int64_t end) {
  const Canvas& canvas = scan.region.canvas;
  const int64_t pixels = canvas.pixels();
  std::vector<int64_t> slices(static_cast<size_t>(end - begin));
  std::iota(slices.begin(), slices.end(), begin);
  LesionBatch batch;
  batch.region = scan.region.batch(slices);
  batch.liver = at::empty({end - begin, canvas.height, canvas.width});
  batch.lesion = at::empty_like(batch.liver);
  batch.types = at::empty(batch.liver.sizes(), at::kLong);
  for (int64_t i = 0; i < (end - begin) * pixels; ++i) {
    const auto pixel = static_cast<size_t>(begin * pixels + i);
    batch.liver.data_ptr<float>()[i] = scan.region.liver[pixel] >= RegionInput::kInside ? 1.0F : 0.0F;
    batch.lesion.data_ptr<float>()[i] = static_cast<float>(scan.lesion[pixel]) / 255.0F;
    batch.types.data_ptr<int64_t>()[i] = class_target(scan.lesion[pixel], scan.types[pixel]);
  }
  return batch;
}

Mask detected_of(const Mask& levels, double minimum_ml) {
  const ComponentMap map(levels, kFoundLesions);
  Mask detected{levels.geometry, std::vector<uint8_t>(levels.voxels.size())};
  for (const size_t lesion : hysteresis(map, levels, minimum_ml)) map.paint(lesion, 1, detected);
  return detected;
}

Maps predict(MdlCnn& network, const LesionScan& scan, const LesionTrainingOptions& options,
             const TrainingDevice& device, PixelTotals& totals, Run& run) {
  const MdlCnnConfig& config = network->config();
  const int64_t pixels = scan.region.canvas.pixels();
  Maps maps{scan.empty_mask(), {}};
  for (auto& plane : maps.classes) plane.resize(maps.found.voxels.size());
  for (int64_t begin = 0; begin < scan.region.slices; begin += kSlicesAtOnce) {
    run.check_cancelled();
    const int64_t end = std::min(scan.region.slices, begin + kSlicesAtOnce);
    LesionBatch batch = targets_of(scan, begin, end);
    for (at::Tensor* made : {&batch.region, &batch.liver, &batch.lesion, &batch.types}) *made = device.take(*made);
    const at::Tensor all = device.take(at::arange(end - begin));
    MdlOutput output;
    {
      const Autocast autocast(device);
      output = network->forward(batch.region, all);
    }
    const LesionLoss loss = lesion_loss(output, all, batch, options);
    const auto liver = loss.pixels.item<double>();
    totals.loss += loss.total.item<double>() * liver;
    totals.right += static_cast<double>(loss.right.item<int64_t>());
    totals.pixels += liver;
    const at::Tensor p = at::softmax(output.location.to(at::kFloat), 1).select(1, 1) * batch.liver;
    const double extent = std::min(config.extent_threshold, config.threshold);
    const at::Tensor levels =
        (p > extent).to(at::kByte).add((p > config.threshold).to(at::kByte)).to(at::kCPU).contiguous();
    std::copy_n(levels.const_data_ptr<uint8_t>(), levels.numel(), maps.found.voxels.begin() + begin * pixels);
    const at::Tensor classes = at::softmax(output.classes.to(at::kFloat), 1).transpose(0, 1).to(at::kCPU).contiguous();
    for (int64_t channel = 0; channel < kLesionTypes; ++channel) {
      std::copy_n(classes.const_data_ptr<float>() + channel * (end - begin) * pixels, (end - begin) * pixels,
                  maps.classes[static_cast<size_t>(channel)].begin() + begin * pixels);
    }
  }
  maps.found = detected_of(maps.found, config.minimum_ml);
  return maps;
}

// Mean class probabilities over each found lesion, as inference sums them up.
std::vector<int> channels_of(const LesionInstances& found, const Maps& maps) {
  std::vector<std::array<double, kLesionTypes>> sums(found.lesions.size(), std::array<double, kLesionTypes>{});
  for (size_t i = 0; i < found.labels.size(); ++i) {
    if (found.labels[i] == 0) continue;
    for (size_t c = 0; c < kLesionTypes; ++c) sums[found.labels[i] - 1U][c] += static_cast<double>(maps.classes[c][i]);
  }
  std::vector<int> channels;
  for (const auto& sum : sums) {
    channels.push_back(static_cast<int>(std::max_element(sum.begin(), sum.end()) - sum.begin()));
  }
  return channels;
}

Mask reference_of(const LesionScan& scan) {
  Mask reference = scan.empty_mask();
  for (size_t i = 0; i < reference.voxels.size(); ++i) reference.voxels[i] = scan.lesion[i] > 127 ? scan.types[i] : 0;
  return reference;
}

Totals score_scan(const LesionScan& scan, const Maps& maps, ClassTotals& classes) {
  const LesionInstances found = lesions_of_mask(maps.found, kFoundLesions);
  const LesionInstances reference = lesions_by_type(reference_of(scan));
  const LesionMatching matching = match_lesions(found, reference);
  const std::vector<int> channels = channels_of(found, maps);
  for (size_t i = 0; i < reference.lesions.size(); ++i) {
    const int64_t prediction = matching.prediction_of[i];
    const int channel = class_channel(reference.lesions[i].type);
    if (prediction < 0 || channel < 0) continue;
    ++classes.lesions;
    classes.right += channels[static_cast<size_t>(prediction)] == channel;
  }
  return {matching.overlap, count_detections(matching, 0), 1};
}

void add_figures(const std::string& kind, const Totals& totals, EpochRecord& record) {
  if (totals.scans == 0) return;
  const LesionDetection& d = totals.detection;
  record.figures[kind + "Dice"] = dice(totals.overlap);
  if (d.tp + d.fn > 0) record.figures[kind + "Recall"] = static_cast<double>(d.tp) / static_cast<double>(d.tp + d.fn);
  if (d.tp + d.fp > 0) {
    record.figures[kind + "Precision"] = static_cast<double>(d.tp) / static_cast<double>(d.tp + d.fp);
  }
}

// Larger is better; the loss is turned over.
double score_of(const EpochRecord& record, LesionScore by) {
  const auto accuracy = record.figures.find("classAccuracy");
  const bool classified = accuracy != record.figures.end();
  switch (by) {
    case LesionScore::kLoss:
      return 1 / (1 + *record.validation_loss);
    case LesionScore::kAccuracy:
      return classified ? accuracy->second : 0;
    case LesionScore::kMean:
      if (classified) return (*record.validation_dice + accuracy->second) / 2;
      break;
    case LesionScore::kDice:
      break;
  }
  return *record.validation_dice;
}

std::vector<PatientScore> named_scores(std::span<const LesionScan> scans) {
  std::vector<PatientScore> scores;
  std::string patient;
  int64_t variant = 0;
  for (const LesionScan& scan : scans) {
    variant = scan.synthetic && scan.patient == patient ? variant + 1 : 1;
    patient = scan.synthetic ? scan.patient : std::string();
    PatientScore score;
    score.patient = scan.synthetic ? patient + " synthetic " + std::to_string(variant) : scan.patient;
    scores.push_back(score);
  }
  return scores;
}

void share(Totals& totals, Communicator& communicator) {
  Overlap& o = totals.overlap;
  LesionDetection& d = totals.detection;
  share_counts({&o.tp, &o.fp, &o.fn, &o.tn, &d.tp, &d.fp, &d.fn, &d.merged, &d.split, &totals.scans}, communicator);
}

}  // namespace

void validate_lesions(MdlCnn& network, std::span<const LesionScan> scans, const LesionTrainingOptions& options,
                      const TrainingDevice& device, Communicator& communicator, EpochRecord& record, Run& run) {
  const at::NoGradGuard no_grad;
  network->eval();
  PixelTotals pixels;
  Totals real, synthetic;
  ClassTotals classes;
  record.patients = named_scores(scans);
  std::vector<PatientScore*> scores;
  for (PatientScore& score : record.patients) scores.push_back(&score);
  for (const size_t i : own_patients(scans.size(), communicator)) {
    const LesionScan& scan = scans[i];
    const Maps maps = predict(network, scan, options, device, pixels, run);
    const Totals totals = score_scan(scan, maps, classes);
    (scan.synthetic ? synthetic : real) += totals;
    PatientScore& score = record.patients[i];
    score.dice = dice(totals.overlap);
    score.voe = voe(totals.overlap);
    score.rvd = rvd(totals.overlap, RvdConvention::kPaper);
    scan.release();
  }
  share_scores(scores, communicator);
  share_sums({&pixels.loss, &pixels.right, &pixels.pixels}, communicator);
  share_counts({&classes.right, &classes.lesions}, communicator);
  for (Totals* totals : {&real, &synthetic}) share(*totals, communicator);
  record.validation_loss = pixels.loss / std::max(1.0, pixels.pixels);
  record.validation_accuracy = pixels.right / std::max(1.0, pixels.pixels);
  add_figures("real", real, record);
  add_figures("synthetic", synthetic, record);
  if (classes.lesions > 0 && options.class_weight > 0) {
    record.figures["classAccuracy"] = static_cast<double>(classes.right) / static_cast<double>(classes.lesions);
  }
  real += synthetic;
  record.validation_dice = dice(real.overlap);
  record.score = score_of(record, options.best_by);
}

}  // namespace hepatica
