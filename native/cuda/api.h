/* What libhepatica_cuda.so offers: a table of plain C functions, so that the add-on neither links CUDA nor includes its
 * headers. The library holds the kernels and the static CUDA runtime; loader.h opens it where a driver answers.
 * Thread-safe, but a context serves one call at a time. No function throws; none prints. */
#ifndef HEPATICA_CUDA_API_H
#define HEPATICA_CUDA_API_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised with every change of this file; a library of another version is not used. */
#define HEPATICA_CUDA_API_VERSION 1u
#define HEPATICA_CUDA_ENTRY_POINT "hepatica_cuda_api"

enum HepaticaCudaStatus {
  HEPATICA_CUDA_OK = 0,
  HEPATICA_CUDA_CANCELLED = 1, /* keep_going returned 0 */
  HEPATICA_CUDA_FAILED = 2     /* the reason is in HepaticaCudaFailure */
};

/* Filled where a function returns HEPATICA_CUDA_FAILED; zero-terminated. */
struct HepaticaCudaFailure {
  char reason[256];
};

struct HepaticaCudaDevice {
  char name[256];
  int32_t compute_major;
  int32_t compute_minor;
  uint64_t memory_bytes;
};

/* Streams and buffers on one device, reused from call to call. */
struct HepaticaCudaContext;

/* slices * slice_pixels voxels in Hounsfield units, host memory, int16_t or float (NaN is air). */
struct HepaticaCudaPreprocess {
  const void* hu;
  int32_t is_float;
  int32_t hu_min;
  int32_t hu_max;
  int32_t equalize; /* 0: clip only */
  int64_t slice_pixels;
  int64_t slices;
  /* Called between tiles on the calling thread; may be null. Returning 0 cancels. */
  int32_t (*keep_going)(void* user, int64_t slices_done);
  void* user;
};

struct HepaticaCudaApi {
  uint32_t version; /* HEPATICA_CUDA_API_VERSION */
  uint32_t size;    /* sizeof(struct HepaticaCudaApi) */

  /* *count is 0 where no driver answers; the reason says so. */
  int32_t (*device_count)(int32_t* count, struct HepaticaCudaFailure* failure);
  int32_t (*device_info)(int32_t device, struct HepaticaCudaDevice* info, struct HepaticaCudaFailure* failure);

  int32_t (*context_create)(int32_t device, struct HepaticaCudaContext** context, struct HepaticaCudaFailure* failure);
  void (*context_destroy)(struct HepaticaCudaContext* context);

  /* Host to device to host, in overlapped tiles. `picture` and `clipped` take slices * slice_pixels bytes of host
   * memory; `clipped` (before equalization) may be null. */
  int32_t (*preprocess)(struct HepaticaCudaContext* context, const struct HepaticaCudaPreprocess* job, uint8_t* picture,
                        uint8_t* clipped, struct HepaticaCudaFailure* failure);

  /* The picture stays in device memory: *picture is slices * slice_pixels contiguous bytes on the context's device,
   * complete on return; give it to picture_free, which outlives the context. */
  int32_t (*preprocess_to_device)(struct HepaticaCudaContext* context, const struct HepaticaCudaPreprocess* job,
                                  uint8_t** picture, struct HepaticaCudaFailure* failure);
  void (*picture_free)(int32_t device, uint8_t* picture);
  int32_t (*picture_copy_to_host)(int32_t device, const uint8_t* picture, uint64_t bytes, uint8_t* host,
                                  struct HepaticaCudaFailure* failure);
};

/* The library's one export, HEPATICA_CUDA_ENTRY_POINT; the table is static. */
typedef const struct HepaticaCudaApi* (*HepaticaCudaEntryPoint)(void);

#ifdef __cplusplus
}
#endif

#endif
