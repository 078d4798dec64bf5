#include "models/encoder3d/encoded_crop.h"

#include <ATen/ops/ones.h>
#include <doctest/doctest.h>

#include <functional>

using namespace hepatica;

TEST_CASE(
    "an encoder's features are taken once, of the same values and arithmetic, and one crop a process keeps them") {
  const EncodedCrop::Arithmetic fp32{-1, Precision::kFp32};
  const std::vector<float> values = {0.25F, 0.5F};
  const at::Tensor layer = at::ones({4});
  const auto kept = [&] { return layer.use_count() - 1; };
  const auto encoded = [&] { return EncodedBox{values, {layer, {}}}; };
  auto crop = std::make_shared<EncodedCrop>(CellBox{{0, 0, 0}, {8, 8, 8}}, "id");
  CHECK_FALSE(crop->take(fp32, values));
  crop->keep(fp32, encoded());
  CHECK(kept() == 1);
  CHECK(crop->take(fp32, values)->layer1.is_same(layer));
  CHECK(kept() == 0);
  CHECK_FALSE(crop->take(fp32, values));

  crop->keep(fp32, encoded());
  CHECK_FALSE(crop->take(fp32, {0.25F, 0.75F}));
  crop->keep(fp32, encoded());
  CHECK_FALSE(crop->take({-1, Precision::kBf16}, values));
  crop->keep(fp32, encoded());
  CHECK_FALSE(crop->take({0, Precision::kFp32}, values));
  CHECK(kept() == 0);

  auto other = std::make_shared<EncodedCrop>(CellBox{}, "id");
  crop->keep(fp32, encoded());
  other->keep(fp32, encoded());
  CHECK(kept() == 1);
  CHECK_FALSE(crop->take(fp32, values));
  CHECK(other->take(fp32, values));

  for (const auto& free : std::vector<std::function<void()>>{[&] { crop->drop(); }, [] { EncodedCrop::make_room(); },
                                                             [&] { crop.reset(); }}) {
    crop->keep(fp32, encoded());
    CHECK(kept() == 1);
    free();
    CHECK(kept() == 0);
  }
}
