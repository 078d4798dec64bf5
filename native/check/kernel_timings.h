/* What libhepatica_check_kernels.so offers: the kernels alone on memory that lies on the device already, which the
 * kernel library does not give away. */
#ifndef HEPATICA_CHECK_KERNEL_TIMINGS_H
#define HEPATICA_CHECK_KERNEL_TIMINGS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct HepaticaKernelTimings {
  double copy_bytes_per_second; /* read and written bytes of a copy on the device, each counted */
  /* Milliseconds of one launch over the whole scan, the least of several. */
  double window_int16_ms;
  double window_float_ms;
  double equalize_ms;
  char failure[256]; /* empty: all is well */
};

#define HEPATICA_KERNEL_TIMINGS_ENTRY "hepatica_time_kernels"
typedef void (*HepaticaTimeKernels)(int64_t slice_pixels, int64_t slices, struct HepaticaKernelTimings* timings);

#ifdef __cplusplus
}
#endif

#endif
