# plant(NAME FILE WHAT FROM TO): what a hurried change could do to the project's kernels and their host code.

# Barriers.
plant(defect_01 equalize.cu "no barrier between clearing the bins and counting"
  "warp_histograms[i] = 0;\n  __syncthreads();" "warp_histograms[i] = 0;")
plant(defect_02 equalize.cu "no barrier between counting and summing up"
  "counter.flush();\n  __syncthreads();" "counter.flush();")
plant(defect_12 equalize.cu "a barrier that only some threads of the block reach"
  "counter.flush();\n  __syncthreads();" "counter.flush();\n  if (threadIdx.x < 100) __syncthreads();")
plant(defect_19 equalize.cu "threads leave before a shuffle and a barrier"
  "const uint32_t count = histogram[bin];" "const uint32_t count = histogram[bin];\n  if (count == 0) return;")
plant(defect_21 equalize.cu "no barrier after the warps' sums are written"
  "warp_filled[warp] = filled;\n  }\n  __syncthreads();" "warp_filled[warp] = filled;\n  }")
plant(defect_22 equalize.cu "a barrier of the warp where one of the block is needed"
  "warp_filled[warp] = filled;\n  }\n  __syncthreads();" "warp_filled[warp] = filled;\n  }\n  __syncwarp();")
plant(defect_23 equalize.cu "the barrier stands before what it should follow"
  "  if (lane == kWarpSize - 1) {\n    warp_sums[warp] = cdf;\n    warp_filled[warp] = filled;\n  }\n  __syncthreads();"
  "  __syncthreads();\n  if (lane == kWarpSize - 1) {\n    warp_sums[warp] = cdf;\n    warp_filled[warp] = filled;\n  }")
plant(defect_27 equalize.cu "no barrier after the table is read into shared memory"
  "tables[uint64_t{blockIdx.y} * kBins + i];\n  __syncthreads();" "tables[uint64_t{blockIdx.y} * kBins + i];")

# Races.
plant(defect_07 equalize.cu "a plain addition to a bin that a warp shares"
  "atomicAdd(&histogram[value], length)" "histogram[value] += length")
plant(defect_08 equalize.cu "a plain addition to a bin that blocks share"
  "atomicAdd(&histograms[uint64_t{blockIdx.y} * kBins + bin], sum)"
  "histograms[uint64_t{blockIdx.y} * kBins + bin] += sum")
set(scan "uint32_t cdf = warp_inclusive_sum(count, lane);")
plant(defect_25 equalize.cu "a scan in shared memory that works in place" "${scan}"
  "__shared__ uint32_t scan[kBins];\n  scan[bin] = count;\n  __syncthreads();
  for (uint32_t d = 1; d < kWarpSize; d *= 2) {\n    if (lane >= d) scan[bin] += scan[bin - d];\n    __syncthreads();\n  }
  uint32_t cdf = scan[bin];")
set(double_buffered "__shared__ uint32_t scan[2][kBins];\n  uint32_t in = 0;\n  scan[in][bin] = count;\n  __syncthreads();
  for (uint32_t d = 1; d < kWarpSize; d *= 2) {
    scan[1 - in][bin] = scan[in][bin] + (lane >= d ? scan[in][bin - d] : 0);\n    in = 1 - in;
    BARRIER\n  }\n  uint32_t cdf = scan[in][bin];")
string(REPLACE "BARRIER" "" without_barrier "${double_buffered}")
string(REPLACE "BARRIER" "__syncthreads();" with_barrier "${double_buffered}")
plant(defect_26 equalize.cu "a double-buffered scan without a barrier in its loop" "${scan}" "${without_barrier}")

# Bounds and alignment.
plant(defect_05 equalize.cu "the count of pixels to count is rounded up to whole vectors"
  "split_span(phase, phase, pixels, kWidth)"
  "split_span(phase, phase, (pixels + kWidth - 1) / kWidth * kWidth, kWidth)")
plant(defect_06 equalize.cu "the count of pixels to write is rounded up to whole vectors"
  "split_span(vector_phase(source, kWidth), vector_phase(target, kWidth), pixels, kWidth)"
  "split_span(vector_phase(source, kWidth), vector_phase(target, kWidth), (pixels + kWidth - 1) / kWidth * kWidth, kWidth)")
plant(defect_09 equalize.cu "bins are counted off by one"
  "atomicAdd(&histogram[value], length)" "atomicAdd(&histogram[value + 1], length)")
plant(defect_18 equalize.cu "a shared array one element short"
  "__shared__ uint8_t table[kBins];" "__shared__ uint8_t table[kBins - 1];")
plant(defect_20 equalize.cu "the last thread reads the next slice's histogram"
  "const uint32_t count = histogram[bin];" "const uint32_t count = histogram[bin + 1];")
plant(defect_24 equalize.cu "the last thread writes the next slice's table"
  "tables[uint64_t{blockIdx.x} * kBins + bin] =" "tables[uint64_t{blockIdx.x} * kBins + bin + 1] =")
plant(defect_28 hu_window.cu "vectors at addresses that are not aligned"
  "split_span(vector_phase(source, kWidth), vector_phase(target, kWidth), pixels, kWidth)"
  "split_span(0, 0, pixels, kWidth)")
plant(defect_30 equalize.cu "half of the dynamic shared memory"
  "kWarps * kBins * sizeof(uint32_t);" "kWarps * kBins * sizeof(uint32_t) / 2;")
plant(defect_31 equalize.cu "more threads than a block may have"
  "<<<static_cast<uint32_t>(slices), kThreads, 0, stream>>>" "<<<static_cast<uint32_t>(slices), kThreads * 8, 0, stream>>>")

# Initialization.
plant(defect_11 equalize.cu "the shared bins are not cleared"
  "for (uint32_t i = threadIdx.x; i < kWarps * kBins; i += blockDim.x) warp_histograms[i] = 0;" "")
plant(defect_17 equalize.cu "the histograms are not cleared"
  "cudaMemsetAsync(workspace.histograms, 0, slices * kBins * sizeof(uint32_t), stream)" "cudaSuccess")
plant(defect_15 library/lane.cpp "results are used before the stream has run"
  "  stream_.synchronize();\n" "")

# Wrong results.
plant(defect_03 equalize.cu "the last bin is never summed up"
  "for (uint32_t bin = threadIdx.x; bin < kBins; bin += blockDim.x)"
  "for (uint32_t bin = threadIdx.x; bin < kBins - 1; bin += blockDim.x)")
plant(defect_04 equalize.cu "the last pixel is not counted"
  "split_span(phase, phase, pixels, kWidth)" "split_span(phase, phase, pixels - 1, kWidth)")
plant(defect_10 equalize.cu "slices are taken from the wrong axis of the grid"
  "values + uint64_t{blockIdx.y} * pixels" "values + uint64_t{blockIdx.x} * pixels")
plant(defect_13 equalize.cu "the first bin instead of the first that is not empty"
  "const uint32_t first_count = histogram[first];" "const uint32_t first_count = histogram[0];")
plant(defect_14 equalize.cu "a constant slice is not left as it is"
  "if (first_count != pixels)" "if (first_count <= pixels)")
plant(defect_16 equalize.cu "lanes at the warp's start add what they have shuffled from themselves"
  "if (lane >= distance) value += below;" "value += below;")
plant(defect_29 equalize.cu "one pixel beside the vectors is not written"
  "for (uint32_t i = thread; i < span.scalars; i += stride) {\n    const uint32_t element"
  "for (uint32_t i = thread + 1; i < span.scalars; i += stride) {\n    const uint32_t element")

# The control of 25 and 26: the same scan done right must pass.
plant(control equalize.cu "a double-buffered scan with its barriers" "${scan}" "${with_barrier}")
