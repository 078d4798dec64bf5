// NCCL's part of c10d, in a library of its own: built where libtorch is one for CUDA, and opened where each process has
// a GPU of its own. The add-on names nothing of CUDA, so that it runs with either libtorch.
#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace hepatica {

struct NcclApi {
  // Null: it can be used; else why not.
  const char* (*refusal)();
  // Of the GPU of this process, as no other GPU of any machine is called.
  std::string (*device_name)(int index);
  c10::intrusive_ptr<c10d::Backend> (*connect)(c10::intrusive_ptr<c10d::Store> store, int rank, int size,
                                               std::chrono::milliseconds timeout);
};

using NcclEntryPoint = const NcclApi* (*)();

}  // namespace hepatica

#define HEPATICA_NCCL_ENTRY_POINT "hepatica_nccl"
