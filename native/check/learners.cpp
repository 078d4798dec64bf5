#include "check/learners.h"

#include <torch/utils.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "check/cases.h"
#include "check/network_list.h"
#include "models/encoder3d/inference.h"
#include "models/encoder3d/network.h"
#include "models/layers/trained_layers.h"
#include "models/liver_cnn/module.h"
#include "models/mdl_cnn/module.h"
#include "training/loop/optimization.h"
#include "training/tasks/lesions/loss.h"
#include "training/tasks/structure/segmentation_loss.h"
#include "training/tasks/volume/loss.h"

namespace hepatica::check {
namespace {

constexpr uint64_t kLearnerSeed = 3;

// Of a step's batch, on the device of the `whole` that they index.
at::Tensor drawn_items(int step, int64_t batch, const at::Tensor& whole, const Items& items) {
  const at::Tensor all = at::arange(step * batch, (step + 1) * batch, at::kLong).mul(7).remainder(whole.size(0));
  const at::Tensor own = all.narrow(0, items.part * batch / items.parts, batch / items.parts);
  return (items.reversed ? own.flip(0) : own).to(whole.device());
}

LearnerCase liver_learner(const Target& target, int64_t batch) {
  const auto data = std::make_shared<LiverCase>(make_liver_case(target));
  const auto make = [=](const TrainingDevice& device, const Items& share) {
    LiverCnn network = seeded_network<LiverCnn>(data->model->config(), kLearnerSeed);
    device.take(*network);
    const at::Tensor channels = device.take(data->channels);
    const at::Tensor inside = device.take(data->target);
    const auto loss = [=](int step) mutable {
      const at::Tensor items = drawn_items(step, batch, channels, share);
      at::Tensor logits;
      {
        const Autocast autocast(device);
        logits = network->forward_channels(channels.index_select(0, items));
      }
      return segmentation_loss(at::log_softmax(logits, 1), inside.index_select(0, items), {});
    };
    return Learner{network.ptr(), loss};
  };
  return {"liver network", batch, make};
}

LearnerCase lesion_learner(const Target& target, int64_t batch) {
  const auto data = std::make_shared<RegionCase>(make_region_case(target));
  const auto make = [=](const TrainingDevice& device, const Items& share) {
    MdlCnn network = seeded_network<MdlCnn>(data->config, kLearnerSeed);
    device.take(*network);
    const LesionBatch whole{device.take(data->batch.region), device.take(data->batch.liver),
                            device.take(data->batch.lesion), device.take(data->batch.types)};
    const auto loss = [=](int step) mutable {
      const at::Tensor items = drawn_items(step, batch, whole.region, share);
      const auto part = [&](const at::Tensor& tensor) { return tensor.index_select(0, items); };
      const LesionBatch drawn{part(whole.region), part(whole.liver), part(whole.lesion), part(whole.types)};
      const LesionTrainingOptions options;
      const at::Tensor classified = classified_items(drawn.types, options);
      MdlOutput output;
      {
        const Autocast autocast(device);
        output = network->forward(drawn.region, classified);
      }
      return lesion_loss(output, classified, drawn, options).total;
    };
    return Learner{network.ptr(), loss};
  };
  return {"lesion network", batch, make};
}

// Structures of random cells: what is learned is of no interest here.
LearnerCase volume_learner(const Target& target, int64_t batch) {
  torch::manual_seed(kLearnerSeed);
  // oneDNN's bf16 gradient of a 3x3x3 kernel holds what lay in memory where the input is two slices deep, so that the
  // coarsest of the levels must have more.
  const at::Tensor all = target.quick ? at::rand({4, 1, 64, 16, 16}) : at::rand({8, 1, 64, 64, 64});
  const at::Tensor places = at::rand(context_shape(all)) * 2 - 1;
  const at::Tensor labels = (all.squeeze(1) * 5).to(at::kByte);
  const auto make = [=](const TrainingDevice& device, const Items& share) {
    const Encoder3dConfig config;
    const RecordedLayers layers = encoder3d_layers(config);
    torch::manual_seed(kLearnerSeed);
    const auto network = std::make_shared<TrainedLayers>(layers);
    for (const RecordedConv& layer : layers) network->draw_he(layer.layer.name, torch::kFanIn);
    device.take(*network);
    const at::Tensor values = device.take(all);
    const at::Tensor coordinates = device.take(places);
    const at::Tensor classes = device.take(labels);
    const auto loss = [=](int step) {
      const at::Tensor items = drawn_items(step, batch, values, share);
      at::Tensor logits;
      {
        const Autocast autocast(device);
        logits = Encoder3d(config).forward(*network, values.index_select(0, items), coordinates.index_select(0, items));
      }
      return volume_loss(logits, classes.index_select(0, items), {}).total;
    };
    return Learner{network, loss};
  };
  return {"3-D network", batch, make};
}

}  // namespace

std::vector<LearnerCase> list_learners(const Target& target, int64_t batch) {
  return {liver_learner(target, batch), lesion_learner(target, batch),
          volume_learner(target, std::min<int64_t>(batch, 4))};
}

TrainingDevice training_device(const at::Device& device, bool bf16) {
  TrainingDevice made;
  made.tensors = device;
  made.label = device.str();
  made.bf16 = bf16;
  return made;
}

}  // namespace hepatica::check
