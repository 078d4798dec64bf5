// A kernel library of another version: only its header may be read.
#include "cuda/api.h"

extern "C" __attribute__((visibility("default"))) const HepaticaCudaApi* hepatica_cuda_api() {
  static const HepaticaCudaApi table = {.version = 4711, .size = 8};
  return &table;
}
