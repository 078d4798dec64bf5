#include "training/tasks/volume/labelled_classes.h"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include "core/error.h"
#include "small_volume_network.h"
#include "training/tasks/volume/loss.h"

using namespace hepatica;
using namespace hepatica::test;

TEST_CASE("labels name classes of the network, in their own order, each once") {
  const VolumeNetworkKind kind = small_volume_kind();
  CHECK(labelled_classes(kind, {{"body", {1}}, {"ball", {2}}}) == std::vector<int64_t>{2, 1});
  CHECK(labelled_classes(kind, {{"body", {}}}) == std::vector<int64_t>{2});
  CHECK_THROWS_AS(labelled_classes(kind, {{"spleen", {1}}}), Error);
  CHECK_THROWS_AS(labelled_classes(kind, {{"background", {1}}}), Error);
  CHECK_THROWS_AS(labelled_classes(kind, {{"ball", {1}}, {"ball", {2}}}), Error);
}

TEST_CASE("where labels tell fewer classes apart, the others' probabilities add up") {
  torch::manual_seed(4);
  const at::Tensor logits = torch::randn({2, 5, 3, 4, 4});
  CHECK(labelled_logits(logits, {1, 2, 3, 4}).is_same(logits));

  const at::Tensor all = torch::softmax(logits, 1);
  const at::Tensor some = torch::softmax(labelled_logits(logits, {3, 1}), 1);
  REQUIRE(some.size(1) == 3);
  CHECK(some.select(1, 1).allclose(all.select(1, 3), 1e-5, 1e-6));
  CHECK(some.select(1, 2).allclose(all.select(1, 1), 1e-5, 1e-6));
  CHECK(some.select(1, 0).allclose(all.select(1, 0) + all.select(1, 2) + all.select(1, 4), 1e-5, 1e-6));
}

// What is no structure of the label's pushes none of the network's other classes away.
TEST_CASE("a label of one structure says nothing about which of the others a cell is") {
  torch::manual_seed(4);
  const at::Tensor logits = torch::randn({1, 4, 2, 4, 4}).requires_grad_();
  const at::Tensor classes = torch::zeros({1, 2, 4, 4}, at::kByte);
  VolumeTrainingOptions options;
  options.dice_weight = 0;
  volume_loss(labelled_logits(logits, {1}), classes, options).total.backward();
  const at::Tensor p = torch::softmax(logits.detach(), 1);
  const at::Tensor others = p.index_select(1, torch::tensor({0, 2, 3}));
  const at::Tensor pull = logits.grad().index_select(1, torch::tensor({0, 2, 3}));
  // Each is raised in proportion to what the network already gives it.
  const at::Tensor share = pull / others;
  CHECK(share.select(1, 0).allclose(share.select(1, 1), 1e-4, 1e-6));
  CHECK(share.select(1, 0).allclose(share.select(1, 2), 1e-4, 1e-6));
  CHECK((logits.grad().select(1, 1) > 0).all().item<bool>());
}
