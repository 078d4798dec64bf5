#include "training/tasks/structure/validation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/log_softmax.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/parallel.h"
#include "ops/fill_holes.h"
#include "ops/metrics.h"
#include "ops/smooth_z.h"
#include "training/loop/patient_shares.h"
#include "training/tasks/structure/segmentation_loss.h"

namespace hepatica {
namespace {

constexpr int64_t kValidatedAtOnce = 16;

// One scan's slices that are judged, and the part of the grid that is looked at, as inference chooses it.
struct JudgedScan {
  const GridScan& scan;
  Canvas canvas;
  std::vector<int64_t> slices;  // ascending
  double slice_distance_mm;
};

JudgedScan judge(const GridScan& scan, const LiverCnnConfig& config, double stride_mm) {
  const NetworkInput& input = scan.input;
  const auto stride = std::max<int64_t>(1, std::llround(stride_mm / input.slice_spacing_mm));
  JudgedScan judged{
      scan, body_canvas(input, config.subsampling), {}, static_cast<double>(stride) * input.slice_spacing_mm};
  for (int64_t z = std::min(stride / 2, input.slices - 1); z < input.slices; z += stride) judged.slices.push_back(z);
  return judged;
}

// A plane of the grid on the canvas, scaled by 1/255; 0 beyond the grid.
void crop(const uint8_t* plane, const NetworkGrid& grid, const Canvas& canvas, float* target) {
  std::fill(target, target + canvas.width * canvas.height, 0.0F);
  const int64_t width = std::min(canvas.width, grid.width - canvas.x0);
  const int64_t height = std::min(canvas.height, grid.height - canvas.y0);
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* row = plane + (canvas.y0 + y) * grid.width + canvas.x0;
    for (int64_t x = 0; x < width; ++x) target[y * canvas.width + x] = static_cast<float>(row[x]) / 255.0F;
  }
}

struct Channels {
  at::Tensor image, coordinates;
};

// The inputs of judged slices [begin, end).
Channels make_channels(const JudgedScan& judged, const LiverCnnConfig& config, int64_t begin, int64_t end) {
  const NetworkInput& input = judged.scan.input;
  const Canvas& canvas = judged.canvas;
  const int64_t cell = config.subsampling;
  const auto count = [](const auto& list) { return static_cast<int64_t>(list.size()); };
  Channels channels;
  channels.image = at::empty({end - begin, count(config.context_mm), canvas.height, canvas.width});
  channels.coordinates = at::empty({end - begin, count(config.coordinates), canvas.height / cell, canvas.width / cell});
  CanvasTransform place;
  place.x0 = static_cast<double>(canvas.x0);
  place.y0 = static_cast<double>(canvas.y0);
  for (int64_t i = begin; i < end; ++i) {
    const int64_t z = judged.slices[static_cast<size_t>(i)];
    float* image = channels.image[i - begin].data_ptr<float>();
    for (const double offset_mm : config.context_mm) {
      crop(judged.scan.picture(input.nearest_slice(z, offset_mm)), input.grid, canvas, image);
      image += canvas.width * canvas.height;
    }
    fill_coordinates(input.body[static_cast<size_t>(z)], place, config, canvas.height / cell, canvas.width / cell,
                     channels.coordinates[i - begin].data_ptr<float>());
  }
  return channels;
}

struct PixelScore {
  double loss = 0;
  double right = 0;
  double pixels = 0;
};

void score_pixels(const JudgedScan& judged, int64_t begin, int64_t end, const at::Tensor& log_p,
                  const StructureTrainingOptions& options, const TrainingDevice& device, PixelScore& score) {
  const Canvas& canvas = judged.canvas;
  at::Tensor target = at::empty({end - begin, canvas.height, canvas.width});
  for (int64_t i = begin; i < end; ++i) {
    crop(judged.scan.target_slice(judged.slices[static_cast<size_t>(i)]), judged.scan.input.grid, canvas,
         target[i - begin].data_ptr<float>());
  }
  target = device.take(target);
  const auto pixels = static_cast<double>(target.numel());
  const at::Tensor right = (log_p.select(1, 1) > log_p.select(1, 0)).eq(target > 0.5);
  score.loss += segmentation_loss(log_p, target, options).item<double>() * pixels;
  score.right += static_cast<double>(right.sum().item<int64_t>());
  score.pixels += pixels;
}

// Probabilities (slices, H, W) on the canvas.
at::Tensor predict(LiverCnn& network, const JudgedScan& judged, const StructureTrainingOptions& options,
                   const TrainingDevice& device, PixelScore& score, Run& run) {
  const auto count = static_cast<int64_t>(judged.slices.size());
  at::Tensor maps = at::empty({count, judged.canvas.height, judged.canvas.width});
  for (int64_t begin = 0; begin < count; begin += kValidatedAtOnce) {
    run.check_cancelled();
    const int64_t end = std::min(count, begin + kValidatedAtOnce);
    const Channels channels = make_channels(judged, network->config(), begin, end);
    at::Tensor logits;
    {
      const Autocast autocast(device);
      logits = network->forward(device.take(channels.image), device.take(channels.coordinates));
    }
    const at::Tensor log_p = at::log_softmax(logits, 1);
    maps.slice(0, begin, end).copy_(log_p.select(1, 1).exp());
    score_pixels(judged, begin, end, log_p, options, device, score);
  }
  return maps;
}

Mask above_threshold(at::Tensor maps, const JudgedScan& judged, const LiverCnnConfig& config, Run& run) {
  const int64_t pixels = judged.canvas.width * judged.canvas.height;
  float* values = maps.data_ptr<float>();
  const auto count = static_cast<int64_t>(judged.slices.size());
  if (config.z_smoothing_mm > 0) {
    smooth_z(values, pixels, count, judged.slice_distance_mm, config.z_smoothing_mm, run);
  }
  const Geometry& source = judged.scan.source;
  const NetworkGrid& grid = judged.scan.input.grid;
  const ResampleAxis columns = back_axis(source.size[0], source.spacing_mm[0], grid.width, grid.spacing_mm);
  const ResampleAxis rows = back_axis(source.size[1], source.spacing_mm[1], grid.height, grid.spacing_mm);
  Mask mask;
  mask.geometry = source;
  mask.geometry.size[2] = count;
  mask.voxels.resize(static_cast<size_t>(mask.geometry.voxel_count()));
  parallel_for(count, run, [&](int64_t i) {
    std::vector<float> plane(static_cast<size_t>(grid.pixels()));
    add_to_grid(values + i * pixels, judged.canvas, 1, grid, plane.data());
    threshold_plane(plane.data(), columns, rows, static_cast<float>(config.threshold), mask.slice(i));
  });
  return mask;
}

PatientScore score_patient(const Mask& mask, const JudgedScan& judged) {
  const int64_t pixels = judged.scan.source.slice_pixels();
  Overlap overlap;
  for (size_t i = 0; i < judged.slices.size(); ++i) {
    const uint8_t* reference = judged.scan.reference.data() + judged.slices[i] * pixels;
    overlap += count_overlap(mask.slice(static_cast<int64_t>(i)), reference, pixels);
  }
  return {{}, dice(overlap), voe(overlap), rvd(overlap, RvdConvention::kPaper)};
}

// What is compared, of two equally good ones the first.
constexpr std::array<Postprocessing, 6> kCandidates = {{{KeptComponents::kLargest, 0.1, true},
                                                        {KeptComponents::kAll, 0.1, true},
                                                        {KeptComponents::kShare, 0.1, true},
                                                        {KeptComponents::kLargest, 0.1, false},
                                                        {KeptComponents::kAll, 0.1, false},
                                                        {KeptComponents::kShare, 0.1, false}}};

using CandidateScores = std::array<PatientScore, kCandidates.size()>;

CandidateScores score_candidates(const Mask& above, const JudgedScan& judged, Run& run) {
  const ComponentMap map(above, Connectivity::kFaces);
  CandidateScores scores;
  for (size_t i = 0; i < kCandidates.size() / 2; ++i) {
    Mask kept = keep_components(above, map, kCandidates[i]);
    scores[i + kCandidates.size() / 2] = score_patient(kept, judged);
    scores[i] = score_patient(fill_holes(std::move(kept), run), judged);
  }
  return scores;
}

void choose_postprocessing(const std::vector<CandidateScores>& scores, StructureValidation& result) {
  const auto mean_dice = [&](size_t candidate) {
    double sum = 0;
    for (const CandidateScores& patient : scores) sum += patient[candidate].dice;
    return sum / static_cast<double>(scores.size());
  };
  size_t best = 0;
  for (size_t i = 1; i < kCandidates.size(); ++i) {
    if (mean_dice(i) > mean_dice(best)) best = i;
  }
  result.postprocessing = kCandidates[best];
  result.dice = mean_dice(best);
  for (const CandidateScores& patient : scores) result.patients.push_back(patient[best]);
}

void apply_postprocessing(const Postprocessing& postprocessing, const std::vector<PatientScore>& patients,
                          StructureValidation& result) {
  result.postprocessing = postprocessing;
  result.patients = patients;
  for (const PatientScore& score : patients) result.dice += score.dice / static_cast<double>(patients.size());
}

void name_patients(std::span<const GridScan> scans, std::vector<PatientScore>& fixed,
                   std::vector<CandidateScores>& candidates) {
  for (size_t i = 0; i < fixed.size(); ++i) fixed[i].patient = scans[i].patient;
  for (size_t i = 0; i < candidates.size(); ++i) {
    for (PatientScore& candidate : candidates[i]) candidate.patient = scans[i].patient;
  }
}

}  // namespace

StructureValidation validate_structure(LiverCnn& network, std::span<const GridScan> scans,
                                       const StructureTrainingOptions& options,
                                       const std::optional<Postprocessing>& postprocessing,
                                       const TrainingDevice& device, Communicator& communicator, Run& run) {
  const at::NoGradGuard no_grad;
  network->eval();
  const LiverCnnConfig& config = network->config();
  StructureValidation result;
  PixelScore score;
  std::vector<PatientScore> fixed(postprocessing ? scans.size() : 0);
  std::vector<CandidateScores> candidates(postprocessing ? 0 : scans.size());
  for (const size_t i : own_patients(scans.size(), communicator)) {
    const GridScan& scan = scans[i];
    const JudgedScan judged = judge(scan, config, std::max(options.validation_stride_mm, config.slice_step_mm));
    const at::Tensor maps = predict(network, judged, options, device, score, run);
    const Mask above = above_threshold(maps, judged, config, run);
    result.unprocessed_dice += score_patient(above, judged).dice / static_cast<double>(scans.size());
    if (postprocessing) {
      fixed[i] = score_patient(postprocess(above, *postprocessing, run), judged);
    } else {
      candidates[i] = score_candidates(above, judged, run);
    }
    scan.release();
  }
  std::vector<PatientScore*> all;
  for (PatientScore& patient : fixed) all.push_back(&patient);
  for (CandidateScores& patient : candidates) {
    for (PatientScore& candidate : patient) all.push_back(&candidate);
  }
  share_scores(all, communicator);
  share_sums({&score.loss, &score.right, &score.pixels, &result.unprocessed_dice}, communicator);
  name_patients(scans, fixed, candidates);
  if (postprocessing) {
    apply_postprocessing(*postprocessing, fixed, result);
  } else {
    choose_postprocessing(candidates, result);
  }
  result.loss = score.loss / score.pixels;
  result.accuracy = score.right / score.pixels;
  return result;
}

}  // namespace hepatica
