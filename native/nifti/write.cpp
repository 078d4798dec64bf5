#include <nifti2_io.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/error.h"
#include "core/pending_file.h"
#include "nifti/affine.h"
#include "nifti/nifti.h"
#include "nifti/orthonormal.h"

namespace hepatica {
namespace {

// Packed within some hundredths of a second: between two of them it is asked whether the run goes on.
constexpr size_t kChunkBytes = 1 << 20;
// By it, and by the checksum beside it, the writers know their own files, which alone they replace
// (src/output/ownership.ts).
constexpr char kDescription[] = "hepatica";
// Header, and four bytes that say that no extension follows.
constexpr size_t kDataOffset = sizeof(nifti_1_header) + 4;

// Where the bytes of a file go.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(const void* data, size_t bytes) = 0;
};

class FileSink : public Sink {
 public:
  explicit FileSink(const std::string& path) : file_(path) {}
  void write(const void* data, size_t bytes) override { file_.write(data, bytes); }
  void finish() { file_.finish(); }

 private:
  PendingFile file_;
};

class MemorySink : public Sink {
 public:
  explicit MemorySink(FileBytes& file) : file_(file) {}
  void write(const void* data, size_t bytes) override {
    const auto* begin = static_cast<const uint8_t*>(data);
    file_.bytes.insert(file_.bytes.end(), begin, begin + bytes);
    file_.size = file_.bytes.size();
  }

 private:
  FileBytes& file_;
};

// Gzip, whose header carries neither name nor time, so that equal volumes give equal files.
class GzipSink : public Sink {
 public:
  explicit GzipSink(Sink& to) : to_(to), packed_(kPackedBytes) {
    constexpr int kWithGzipHeader = 16;
    // Level 4 packs CT within a few percent of level 6, in half the time.
    constexpr int kLevel = 4;
    constexpr int kMemory = 8;
    if (deflateInit2(&stream_, kLevel, Z_DEFLATED, MAX_WBITS + kWithGzipHeader, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;
  ~GzipSink() override { deflateEnd(&stream_); }

  void write(const void* data, size_t bytes) override { pack(static_cast<const uint8_t*>(data), bytes, Z_NO_FLUSH); }

  void finish() { pack(nullptr, 0, Z_FINISH); }

 private:
  void pack(const uint8_t* data, size_t bytes, int flush) {
    stream_.next_in = const_cast<uint8_t*>(data);
    stream_.avail_in = static_cast<uInt>(bytes);
    do {
      stream_.next_out = packed_.data();
      stream_.avail_out = static_cast<uInt>(packed_.size());
      deflate(&stream_, flush);
      to_.write(packed_.data(), packed_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  static constexpr size_t kPackedBytes = 1 << 18;

  Sink& to_;
  std::vector<uint8_t> packed_;
  z_stream stream_{};
};

void check_sizes(const Geometry& geometry, const std::string& path) {
  const auto fits = [](int64_t size) { return size >= 1 && size <= std::numeric_limits<int16_t>::max(); };
  if (std::all_of(geometry.size.begin(), geometry.size.end(), fits)) return;
  throw Error("INVALID_ARGUMENT", "Expected sizes from 1 to 32767 for the NIfTI-1 file " + path, path, "size",
              "Crop the volume.");
}

void set_orientation(const Geometry& geometry, nifti_1_header& header) {
  const RasAffine affine = affine_from_geometry(geometry);
  float* const rows[] = {header.srow_x, header.srow_y, header.srow_z};
  nifti_dmat44 matrix{};
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 4; ++column) {
      rows[row][column] = static_cast<float>(affine[row][column]);
      matrix.m[row][column] = rows[row][column];
    }
  }
  matrix.m[3][3] = 1;
  header.sform_code = NIFTI_XFORM_SCANNER_ANAT;
  // From the rounded rows, as the quaternion is: writing what was read gives the same header again.
  for (int axis = 0; axis < 3; ++axis) {
    header.pixdim[axis + 1] = static_cast<float>(std::hypot(matrix.m[0][axis], matrix.m[1][axis], matrix.m[2][axis]));
  }
  header.pixdim[0] = 1;
  if (!is_orthogonal(geometry)) return;
  double b, c, d, x, y, z, dx, dy, dz, handedness;
  nifti_dmat44_to_quatern(matrix, &b, &c, &d, &x, &y, &z, &dx, &dy, &dz, &handedness);
  header.qform_code = NIFTI_XFORM_SCANNER_ANAT;
  header.pixdim[0] = static_cast<float>(handedness);
  header.quatern_b = static_cast<float>(b);
  header.quatern_c = static_cast<float>(c);
  header.quatern_d = static_cast<float>(d);
  header.qoffset_x = static_cast<float>(x);
  header.qoffset_y = static_cast<float>(y);
  header.qoffset_z = static_cast<float>(z);
}

nifti_1_header header_for(const Geometry& geometry, int datatype) {
  const int64_t dims[8] = {3, geometry.size[0], geometry.size[1], geometry.size[2], 1, 1, 1, 1};
  const std::unique_ptr<nifti_1_header, decltype(&std::free)> made(nifti_make_new_n1_header(dims, datatype),
                                                                   &std::free);
  if (!made) throw std::bad_alloc();
  nifti_1_header header = *made;
  std::memcpy(header.magic, "n+1", 4);
  header.vox_offset = static_cast<float>(kDataOffset);
  header.scl_slope = 1;
  header.scl_inter = 0;
  header.xyzt_units = NIFTI_UNITS_MM;
  std::memcpy(header.descrip, kDescription, sizeof(kDescription));
  set_orientation(geometry, header);
  return header;
}

// CRC-32 of the header as it is, its aux_file empty, and the voxels: what somebody else changes is his own.
void set_checksum(nifti_1_header& header, const void* voxels, size_t bytes) {
  uLong sum = crc32_z(0, reinterpret_cast<const Bytef*>(&header), sizeof(header));
  sum = crc32_z(sum, static_cast<const Bytef*>(voxels), bytes);
  std::snprintf(header.aux_file, sizeof(header.aux_file), "crc32:%08lx", sum);
}

template <class Voxel>
constexpr int datatype_of() {
  if constexpr (std::is_same_v<Voxel, uint8_t>) return NIFTI_TYPE_UINT8;
  if constexpr (std::is_same_v<Voxel, int16_t>) return NIFTI_TYPE_INT16;
  return NIFTI_TYPE_FLOAT32;
}

bool is_compressed(const std::string& path) { return path.back() == 'z' || path.back() == 'Z'; }

// The whole file, in pieces.
using Pieces = std::vector<std::pair<const void*, size_t>>;

void write_chunks(const Pieces& pieces, Sink& sink, const Run& run) {
  for (const auto& [data, bytes] : pieces) {
    const auto* begin = static_cast<const uint8_t*>(data);
    for (size_t at = 0; at < bytes; at += kChunkBytes) {
      run.check_cancelled();
      sink.write(begin + at, std::min(bytes - at, kChunkBytes));
    }
  }
}

void write_pieces(const Pieces& pieces, bool compressed, Sink& sink, const Run& run) {
  if (!compressed) return write_chunks(pieces, sink, run);
  GzipSink packed(sink);
  write_chunks(pieces, packed, run);
  packed.finish();
}

void write_pieces(const Pieces& pieces, const NiftiTarget& target, const Run& run) {
  if (target.memory) {
    MemorySink sink(*target.memory);
    return write_pieces(pieces, target.gzip, sink, run);
  }
  FileSink file(target.path);
  write_pieces(pieces, is_compressed(target.path), file, run);
  run.check_cancelled();
  file.finish();
}

template <class Voxel>
void write_voxels(const NiftiTarget& target, const Geometry& geometry, const std::vector<Voxel>& voxels,
                  const Run& run) {
  const std::string& path = target.path;
  if (!target.memory && !is_nifti_path(path)) {
    throw Error("INVALID_ARGUMENT", "Expected a file name that ends in .nii or .nii.gz, received " + path, path, "path",
                "Choose one of the two endings.");
  }
  check_sizes(geometry, path);
  std::vector<char> start(kDataOffset, 0);
  nifti_1_header header = header_for(geometry, datatype_of<Voxel>());
  set_checksum(header, voxels.data(), voxels.size() * sizeof(Voxel));
  std::memcpy(start.data(), &header, sizeof(header));

  write_pieces({{start.data(), start.size()}, {voxels.data(), voxels.size() * sizeof(Voxel)}}, target, run);
}

void warn_of_resampling(const char* how, Run& run) {
  run.warn("RESAMPLED_GRID",
           std::string("The slices are tilted against their axis, which many readers of NIfTI refuse: ") +
               "the file holds them resampled onto an orthogonal grid (" + how +
               "); grid 'source' keeps the tilted one");
}

void write_as_it_is(const NiftiTarget& target, const Mask& mask, const Run& run) {
  write_voxels(target, mask.geometry, mask.voxels, run);
}

void write_as_it_is(const NiftiTarget& target, const Volume& volume, const Run& run) {
  std::visit([&](const auto& hu) { write_voxels(target, volume.geometry, hu, run); }, volume.hu);
}

template <class Grid>
void write_on(NiftiGrid grid, const NiftiTarget& target, const Grid& voxels, const char* how, Run& run) {
  if (grid == NiftiGrid::kSource || is_orthogonal(voxels.geometry)) return write_as_it_is(target, voxels, run);
  write_as_it_is(target, to_orthonormal(voxels), run);
  warn_of_resampling(how, run);
}

}  // namespace

void write_nifti(const NiftiTarget& target, const Mask& mask, NiftiGrid grid, Run& run) {
  write_on(grid, target, mask, "nearest voxel", run);
}

void write_nifti(const NiftiTarget& target, const Volume& volume, NiftiGrid grid, Run& run) {
  write_on(grid, target, volume, "linear within the slices", run);
}

void write_nifti(const NiftiTarget& target, const Mask& mask) { write_as_it_is(target, mask, Run()); }

void write_nifti(const NiftiTarget& target, const Volume& volume) { write_as_it_is(target, volume, Run()); }

}  // namespace hepatica
