#!/bin/bash
# Builds the GPU check (native/check) from the source tree alone and runs it: every kernel, network and training step on
# the GPU against the CPU, then how fast they are. Its output is docs/gpu.md's table.
#   usage: scripts/check-gpu.sh [options of hepatica_check]     exit code 0: all is as it should be
#          scripts/check-gpu.sh --bring                         copies the one header that such a machine may lack, from
#                                                               one that has it, into vendor/json; take it along
# Needs an NVIDIA driver, a CUDA toolkit, a C++20 compiler, CMake, and a python3 whose torch was built for CUDA. With
# `--device cpu` the CPU stands in the GPU's place, and none of CUDA is needed.
#   PYTHON              the python3 whose torch is used
#   HEPATICA_LIBTORCH   instead of that: a folder with libtorch's include/ and lib/
#   HEPATICA_BUILD      where to build; default: build/check-gpu
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
json=vendor/json/include/nlohmann

if [ "${1:-}" = --bring ]; then
  mkdir -p "$root/$json"
  cp -R "${JSON_INCLUDE:-/usr/include/nlohmann}/." "$root/$json/"
  exit
fi

libtorch=${HEPATICA_LIBTORCH:-}
if [ -z "$libtorch" ]; then
  find_torch='import importlib.util; print(importlib.util.find_spec("torch").submodule_search_locations[0])'
  libtorch=$("${PYTHON:-python3}" -c "$find_torch")
fi
if [ ! -f "$root/$json/json.hpp" ]; then
  [ -f /usr/include/nlohmann/json.hpp ] || { echo "$json/json.hpp is missing: run scripts/check-gpu.sh --bring where it is installed" >&2; exit 2; }
  "$0" --bring
fi

build=${HEPATICA_BUILD:-$root/build/check-gpu}
mkdir -p "$build"
log=$build/build.log
generator=$(command -v ninja >/dev/null && echo Ninja || echo "Unix Makefiles")
start=$SECONDS
# One kind of GPU is enough here: the one that is there.
capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -1 | tr -d . || true)
cmake -S "$root" -B "$build" -G "$generator" -DHEPATICA_CHECK=ON -DHEPATICA_WERROR=OFF -DCMAKE_BUILD_TYPE=Release \
  -DHEPATICA_LIBTORCH="$libtorch" ${capability:+-DHEPATICA_CUDA_ARCHITECTURES=$capability} >"$log" 2>&1 &&
  cmake --build "$build" --parallel "$(nproc)" --target hepatica_check_program >>"$log" 2>&1 ||
  { tail -40 "$log" >&2; exit 2; }
echo "built in $((SECONDS - start)) s"

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || true
nccl=$(find "$build" -name libhepatica_nccl.so -print -quit)
[ -z "$nccl" ] || export HEPATICA_NCCL_LIBRARY=$nccl
arguments=(--weights "$root/weights/liver-paper.safetensors")
kernels=$(find "$build" -name libhepatica_cuda.so -print -quit)
timings=$(find "$build" -name libhepatica_check_kernels.so -print -quit)
[ -z "$kernels" ] || arguments+=(--kernels "$kernels")
[ -z "$timings" ] || arguments+=(--kernel-timings "$timings")
LD_LIBRARY_PATH=$libtorch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$build/tools/hepatica_check" "${arguments[@]}" "$@"
