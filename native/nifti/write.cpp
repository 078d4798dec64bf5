#include <nifti2_io.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
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

constexpr size_t kChunkBytes = 1 << 26;
// By it, and by the checksum beside it, the writers know their own files, which alone they replace
// (src/output/ownership.ts).
constexpr char kDescription[] = "hepatica";
// Header, and four bytes that say that no extension follows.
constexpr size_t kDataOffset = sizeof(nifti_1_header) + 4;

// Plain or gzipped bytes through zlib; gzip's header carries neither name nor time, so that equal volumes give equal
// files.
class GzipWriter {
 public:
  GzipWriter(PendingFile& file, bool compressed) : file_(file) {
    const int descriptor = dup(file.descriptor());
    if (descriptor < 0) file.refuse();
    // Level 4 packs CT within a few percent of level 6, in half the time; T writes plain bytes.
    stream_ = gzdopen(descriptor, compressed ? "wb4" : "wbT");
    if (!stream_) {
      close(descriptor);
      errno = ENOMEM;
      file.refuse();
    }
  }
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;
  ~GzipWriter() {
    if (stream_) gzclose(stream_);
  }

  void write(const void* data, size_t bytes) {
    const char* next = static_cast<const char*>(data);
    while (bytes > 0) {
      const auto chunk = static_cast<unsigned>(std::min(bytes, kChunkBytes));
      errno = 0;
      if (gzwrite(stream_, next, chunk) != static_cast<int>(chunk)) file_.refuse();
      next += chunk;
      bytes -= chunk;
    }
  }

  void finish() {
    errno = 0;
    if (gzclose(std::exchange(stream_, nullptr)) != Z_OK) file_.refuse();
  }

 private:
  PendingFile& file_;
  gzFile stream_ = nullptr;
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

template <class Voxel>
void write_voxels(const std::string& path, const Geometry& geometry, const std::vector<Voxel>& voxels) {
  if (!is_nifti_path(path)) {
    throw Error("INVALID_ARGUMENT", "Expected a file name that ends in .nii or .nii.gz, received " + path, path, "path",
                "Choose one of the two endings.");
  }
  check_sizes(geometry, path);
  std::vector<char> start(kDataOffset, 0);
  nifti_1_header header = header_for(geometry, datatype_of<Voxel>());
  set_checksum(header, voxels.data(), voxels.size() * sizeof(Voxel));
  std::memcpy(start.data(), &header, sizeof(header));

  PendingFile file(path);
  GzipWriter writer(file, is_compressed(path));
  writer.write(start.data(), start.size());
  writer.write(voxels.data(), voxels.size() * sizeof(Voxel));
  writer.finish();
  file.finish();
}

void warn_of_resampling(const char* how, Run& run) {
  run.warn("RESAMPLED_GRID",
           std::string("The slices are tilted against their axis, which many readers of NIfTI refuse: ") +
               "the file holds them resampled onto an orthogonal grid (" + how +
               "); grid 'source' keeps the tilted one");
}

template <class Grid>
void write_on(NiftiGrid grid, const std::string& path, const Grid& voxels, const char* how, Run& run) {
  if (grid == NiftiGrid::kSource || is_orthogonal(voxels.geometry)) return write_nifti(path, voxels);
  write_nifti(path, to_orthonormal(voxels));
  warn_of_resampling(how, run);
}

}  // namespace

void write_nifti(const std::string& path, const Mask& mask, NiftiGrid grid, Run& run) {
  write_on(grid, path, mask, "nearest voxel", run);
}

void write_nifti(const std::string& path, const Volume& volume, NiftiGrid grid, Run& run) {
  write_on(grid, path, volume, "linear within the slices", run);
}

void write_nifti(const std::string& path, const Mask& mask) { write_voxels(path, mask.geometry, mask.voxels); }

void write_nifti(const std::string& path, const Volume& volume) {
  std::visit([&](const auto& hu) { write_voxels(path, volume.geometry, hu); }, volume.hu);
}

}  // namespace hepatica
