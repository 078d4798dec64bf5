// The box of a scan that a 3-D structure network saw, and for a while what its encoder made of it: a network with the
// same encoder that looks at the structure afterwards need not compute it again.
//
// The box belongs to the structure's result for good, so that whoever looks again sees the same cells whether the
// features are still there or are computed anew: the bytes are the same. The features and what they were made
// of are up to 96 MB of memory (24 bytes a cell; in single precision 44, 176 MB): one box a process keeps them, the
// newest; they go when they are taken, when another box is outlined, and with the result.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grid/cell_grid.h"
#include "models/encoder3d/features.h"
#include "runtime/precision.h"

namespace hepatica {

// What an encoder was shown (network values, order (z, y, x)), and what it made of it.
struct EncodedBox {
  std::vector<float> values;
  EncoderFeatures features;
};

// Thread-safe.
class EncodedCrop : public std::enable_shared_from_this<EncodedCrop> {
 public:
  // Where and how an encoder computed: elsewhere and otherwise it gives other bytes.
  struct Arithmetic {
    // As ComputeDevice has it.
    int device = -1;
    Precision precision = Precision::kFp32;
    bool operator==(const Arithmetic&) const = default;
  };

  // `encoder_id`: see models/encoder3d/encoder.h.
  EncodedCrop(const CellBox& box, std::string encoder_id) : box_(box), encoder_id_(std::move(encoder_id)) {}
  ~EncodedCrop();
  EncodedCrop(const EncodedCrop&) = delete;
  EncodedCrop& operator=(const EncodedCrop&) = delete;

  const CellBox& box() const { return box_; }
  const std::string& encoder_id() const { return encoder_id_; }

  // From now on no other crop of the process keeps any.
  void keep(const Arithmetic& arithmetic, EncodedBox encoded);

  // What was kept, which is the caller's alone from now on. Empty where nothing is, or where it was made of other
  // values (JavaScript may have changed the scan's voxels meanwhile) or otherwise.
  std::optional<EncoderFeatures> take(const Arithmetic& arithmetic, const std::vector<float>& values);

  void drop();

  // Frees what any crop of the process keeps, before a network needs the memory.
  static void make_room();

 private:
  struct Kept {
    Arithmetic arithmetic;
    EncodedBox encoded;
  };

  std::optional<Kept> release();

  CellBox box_;
  std::string encoder_id_;
  std::optional<Kept> kept_;
};

}  // namespace hepatica
