#include "training/tasks/volume/validation.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ops/metrics.h"
#include "training/loop/patient_shares.h"
#include "training/tasks/volume/crop_sampler.h"
#include "training/tasks/volume/labelled_classes.h"
#include "training/tasks/volume/loss.h"

namespace hepatica {
namespace {

CellBox judged_box(const VolumeScan& scan, const VolumeNetworkKind& kind, double margin_mm) {
  BoxMm box = scan.structures;
  for (size_t axis = 0; axis < 3; ++axis) {
    box.low[axis] = std::max(0.0, box.low[axis] - margin_mm);
    box.high[axis] = std::min(scan.grid.extent_mm[axis], box.high[axis] + margin_mm);
  }
  return cover_box(box, scan.grid, kind.multiple);
}

// The middle of whole cells: nothing is interpolated.
CropPlace place_of(const CellBox& box, const CellGrid& grid) {
  CropPlace place;
  for (size_t axis = 0; axis < 3; ++axis) {
    place.middle_mm[axis] =
        (static_cast<double>(box.begin[axis]) + static_cast<double>(box.length[axis]) / 2) * grid.cell_mm[axis];
  }
  return place;
}

// Of one class, in both of which every other one is background.
Overlap overlap_of(const at::Tensor& found, const at::Tensor& reference, int64_t structure) {
  const at::Tensor a = found.eq(structure).to(at::kByte).contiguous();
  const at::Tensor b = reference.eq(structure).to(at::kByte).contiguous();
  return count_overlap(a.const_data_ptr<uint8_t>(), b.const_data_ptr<uint8_t>(), a.numel());
}

struct Judged {
  at::Tensor found;  // (z, y, x) uint8
  at::Tensor reference;
  double loss = 0;
  double accuracy = 0;
};

Judged judge(VolumeNetwork& network, const VolumeNetworkKind& kind, const VolumeScan& scan,
             const VolumeTrainingOptions& options, const TrainingDevice& device) {
  const CellBox box = judged_box(scan, kind, options.validation_margin_mm);
  const CropPlace place = place_of(box, scan.grid);
  VolumeCrop crop = take_crop(scan, place, box.length);
  scan.release();
  Judged judged;
  judged.reference = classes_of(crop);
  const at::Tensor coordinates = coordinates_of(scan, place, box.length, kind, {});
  const at::Tensor values = values_of(std::move(crop));
  at::Tensor logits;
  {
    const Autocast autocast(device);
    logits = network.logits(device.take(values.unsqueeze(0)), device.take(coordinates.unsqueeze(0)));
  }
  logits = labelled_logits(logits, labelled_classes(kind, options.structures));
  const VolumeLoss loss = volume_loss(logits, device.take(judged.reference.unsqueeze(0)), options);
  judged.loss = loss.total.item<double>();
  judged.accuracy = loss.accuracy.item<double>();
  judged.found = logits.to(at::kFloat).argmax(1).select(0, 0).to(at::kByte).to(at::kCPU);
  return judged;
}

}  // namespace

void validate_volumes(VolumeNetwork& network, const VolumeNetworkKind& kind, std::span<const VolumeScan> scans,
                      const VolumeTrainingOptions& options, const TrainingDevice& device, Communicator& communicator,
                      EpochRecord& record, Run& run) {
  const at::NoGradGuard no_grad;
  network.module().eval();
  const double share = 1 / static_cast<double>(scans.size());
  double loss = 0, accuracy = 0, mean_dice = 0;
  std::vector<PatientScore*> scores;
  for (const VolumeScan& scan : scans) record.patients.push_back({scan.patient, 0, 0, {}});
  for (PatientScore& score : record.patients) scores.push_back(&score);
  for (size_t s = 1; s < options.structures.size(); ++s) record.figures["dice " + options.structures[s].name] = 0;
  for (const size_t i : own_patients(scans.size(), communicator)) {
    run.check_cancelled();
    const VolumeScan& scan = scans[i];
    const Judged judged = judge(network, kind, scan, options, device);
    loss += share * judged.loss;
    accuracy += share * judged.accuracy;
    const Overlap first = overlap_of(judged.found, judged.reference, 1);
    record.patients[i] = {scan.patient, dice(first), voe(first), rvd(first, RvdConvention::kPaper)};
    mean_dice += share * dice(first);
    for (size_t s = 1; s < options.structures.size(); ++s) {
      const auto structure = static_cast<int64_t>(s + 1);
      record.figures["dice " + options.structures[s].name] +=
          share * dice(overlap_of(judged.found, judged.reference, structure));
    }
  }
  share_scores(scores, communicator);
  share_sums({&loss, &accuracy, &mean_dice}, communicator);
  for (size_t s = 1; s < options.structures.size(); ++s) {
    share_sums({&record.figures["dice " + options.structures[s].name]}, communicator);
  }
  record.validation_loss = loss;
  record.validation_accuracy = accuracy;
  record.validation_dice = record.score = mean_dice;
}

}  // namespace hepatica
